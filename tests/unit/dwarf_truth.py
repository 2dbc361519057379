# SPDX-License-Identifier: GPL-2.0-or-later
#
# Run inside gdb: compare the types that gdb reads from a symbol file with those
# that bpftool reads from the kernel's BTF. TL_FILE is the symbol file, TL_KERNEL
# the kernel's folder. Structures, unions and enumerations are compared, and the
# prototypes of functions: every one, or one in TL_EVERY. Names that BTF has twice
# are left out: gdb may choose either.

import collections
import functools
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gdb
import kernel_truth

QUALIFIERS = ("CONST", "VOLATILE", "RESTRICT", "TYPE_TAG")
STRUCTURES = {"STRUCT": gdb.TYPE_CODE_STRUCT, "UNION": gdb.TYPE_CODE_UNION}
ENUMS = ("ENUM", "ENUM64")
EVERY = int(os.environ.get("TL_EVERY", "1"))
faults = 0


def fault(text):
	global faults
	faults += 1
	if faults < 20:
		print("fault: " + text)


def words(name):
	"""gdb calls "long unsigned int" "unsigned long"."""
	return sorted(word for word in name.split() if word != "int")


class Types:
	def __init__(self, folder):
		kernel_truth.image_load(folder)
		self.btf = kernel_truth.Btf()
		self.names = collections.Counter(
			self.space(*self.kind_name(n)) for n in self.btf.head)

	@staticmethod
	def space(kind, name):
		"""struct, union and enum share one name space."""
		return kind in ENUMS or kind in STRUCTURES or kind, name

	@functools.lru_cache(maxsize=None)
	def kind_name(self, number):
		"""The kind and the name; "" if there is none."""
		kind, name = re.match(r"(\w+) '(.*?)'",
				      self.btf.head[number]).groups()
		return kind, "" if name == "(anon)" else name

	@functools.lru_cache(maxsize=None)
	def number(self, number, key):
		found = re.search(r"\b%s=(\d+)" % key, self.btf.head[number])
		return found and found.group(1)

	def parts(self, number):
		"""A list of (name, the other text) of members or parameters."""
		for line in self.btf.members[number]:
			name, rest = line.strip().split(" ", 1)
			name = name.strip("'")
			yield "" if name == "(anon)" else name, rest

	def unique(self, kinds):
		for number in self.btf.head:
			if int(number) % EVERY:
				continue
			kind, name = self.kind_name(number)
			if kind in kinds and name and \
			   self.names[self.space(kind, name)] == 1:
				yield number, kind, name

	def same(self, number, t):
		"""Is gdb's type t the type of this number?"""
		if number == "0":
			return t.code == gdb.TYPE_CODE_VOID
		kind, name = self.kind_name(number)
		if kind in QUALIFIERS:
			return self.same(self.number(number, "type_id"), t)
		t = t.unqualified()
		if kind == "TYPEDEF":
			return t.code == gdb.TYPE_CODE_TYPEDEF and t.name == name
		if kind in ("INT", "FLOAT"):
			return words(t.name) == words(name) and \
				t.sizeof == int(self.number(number, "size"))
		if kind == "PTR":
			return t.code == gdb.TYPE_CODE_PTR and self.same(
				self.number(number, "type_id"), t.target())
		if kind == "ARRAY":
			low, high = t.range()
			return high - low + 1 == \
				int(self.number(number, "nr_elems")) and \
				self.same(self.number(number, "type_id"),
					  t.target())
		if kind == "FUNC_PROTO":
			return self.same_prototype(number, t)
		if kind == "FWD":
			return t.name == name
		if name:
			return t.name == name and t.code == \
				STRUCTURES.get(kind, gdb.TYPE_CODE_ENUM)
		return self.same_structure(number, t) if kind in STRUCTURES \
			else self.same_enum(number, t)

	def same_prototype(self, number, t):
		types = [re.search(r"type_id=(\d+)", rest).group(1)
			 for _, rest in self.parts(number)]
		if types and types[-1] == "0":
			types.pop()
		return t.code == gdb.TYPE_CODE_FUNC and \
			len(types) == len(t.fields()) and \
			self.same(self.number(number, "ret_type_id"),
				  t.target()) and \
			all(self.same(n, f.type)
			    for n, f in zip(types, t.fields()))

	def same_structure(self, number, t):
		parts = list(self.parts(number))
		if t.sizeof != int(self.number(number, "size")) or \
		   len(parts) != len(t.fields()):
			return False
		for (name, rest), field in zip(parts, t.fields()):
			numbers = dict(re.findall(r"(\w+)=(\d+)", rest))
			if (field.name or "") != name or \
			   field.bitpos != int(numbers["bits_offset"]) or \
			   field.bitsize != \
			   int(numbers.get("bitfield_size", "0")) or \
			   not self.same(numbers["type_id"], field.type):
				fault("member %s of %s" % (name, t.name))
				return False
		return True

	def same_enum(self, number, t):
		mask = (1 << 64) - 1  # gdb's numbers are signed
		values = {name: int(re.search(r"val=(-?\d+)", rest).group(1))
			  & mask for name, rest in self.parts(number)}
		return t.sizeof == int(self.number(number, "size")) and \
			values == {f.name: f.enumval & mask for f in t.fields()}


def structures(types):
	nr = 0
	for number, kind, name in types.unique(STRUCTURES):
		nr += 1
		try:
			found = gdb.lookup_type("%s %s" % (kind.lower(), name))
			if not types.same_structure(number, found):
				fault("%s %s" % (kind, name))
		except gdb.error as error:
			fault("%s %s: %s" % (kind, name, error))
	return nr


def enums(types):
	nr = 0
	for number, kind, name in types.unique(ENUMS):
		if not types.btf.members[number]:
			continue
		nr += 1
		try:
			if not types.same_enum(number,
					       gdb.lookup_type("enum " + name)):
				fault("enum " + name)
		except gdb.error as error:
			fault("enum %s: %s" % (name, error))
	return nr


def functions(types):
	"""Return the numbers of functions in BTF, and of those in the file."""
	all_of_them = nr = 0
	for number, _, name in types.unique(("FUNC",)):
		all_of_them += 1
		symbol = gdb.lookup_global_symbol(name) or \
			gdb.lookup_static_symbol(name)
		if not symbol or not symbol.is_function:
			continue
		nr += 1
		if not types.same(types.number(number, "type_id"), symbol.type):
			fault("function " + name)
	return all_of_them, nr


def variables(types):
	"""The per-CPU variables, and one that BTF does not have."""
	section = types.btf.by_name[("DATASEC", ".data..percpu")]
	starts = set()
	nr = 0
	offsets = dict(re.findall(r"type_id=(\d+) offset=(\d+)",
				  "\n".join(types.btf.members[section])))
	for number, _, name in types.unique(("VAR",)):
		nr += 1
		symbol = gdb.lookup_global_symbol(name)
		if not symbol or not types.same(types.number(number, "type_id"),
						symbol.type):
			fault("variable " + name)
		else:
			starts.add(int(symbol.value().address) -
				   int(offsets[number]))
	if len(starts) != 1:
		fault("per-CPU variables at %s" % starts)
	if str(gdb.parse_and_eval("&init_task").type) != "struct task_struct *":
		fault("init_task")
	return nr


def main():
	gdb.execute("file " + os.environ["TL_FILE"])
	types = Types(os.environ["TL_KERNEL"])
	nr = structures(types)
	print("structures: %d" % nr)
	print("enumerations: %d" % enums(types))
	print("variables: %d" % variables(types))
	in_btf, in_file = functions(types)
	print("functions: %d of %d" % (in_file, in_btf))
	good = not faults and nr > 1000 / EVERY and in_file > in_btf * 0.8
	gdb.execute("quit %d" % (0 if good else 1))


main()
