#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The expected values for one kernel, for test_introspect_real.c and for
# sessions of gdb: its symbols, the offsets of some data in its Image, and the
# layout of structures. They are found by other methods than those of
# introspect/: the symbols by a reader of this script, layouts by bpftool,
# references in code by objdump.
#
#	kernel_truth.py FOLDER		of scripts/fetch: vmlinuz, release
#
# Prints lines: "number NAME VALUE", "text NAME VALUE" and, for each symbol,
# "symbol OFFSET TYPE NAME". Offsets count from the Image's start.

import array
import gzip
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

LAYOUTS = (
	"module list", "module name", "module state", "module kallsyms",
	"module core_layout.base", "module core_layout.text_size",
	"module mem.base", "module mem.size", "module sect_attrs",
	"module build_id",
	"mod_kallsyms symtab", "mod_kallsyms num_symtab",
	"mod_kallsyms strtab", "mod_kallsyms typetab",
	"module_sect_attrs grp.bin_attrs", "module_sect_attrs nsections",
	"module_sect_attrs attrs", "module_sect_attr battr.attr.name",
	"module_sect_attr address", "bin_attribute attr.name",
	"bin_attribute private",
	"task_struct pid", "task_struct comm", "task_struct mm",
	"mm_struct pgd", "seq_file buf", "seq_file count",
	"task_struct tasks", "task_struct tgid", "task_struct flags",
	"task_struct stack", "task_struct __state", "task_struct signal",
	"task_struct real_parent", "task_struct thread_node",
	"task_struct thread.cpu_context.fp", "task_struct thread.cpu_context.pc",
	"task_struct se.sum_exec_runtime", "signal_struct thread_head",
	"pt_regs stackframe", "frame_record_meta type",
	"printk_ringbuffer desc_ring.count_bits",
	"printk_ringbuffer desc_ring.descs", "printk_ringbuffer desc_ring.infos",
	"printk_ringbuffer desc_ring.head_id",
	"printk_ringbuffer desc_ring.tail_id",
	"printk_ringbuffer text_data_ring.size_bits",
	"printk_ringbuffer text_data_ring.data",
	"prb_desc text_blk_lpos.begin", "prb_desc text_blk_lpos.next",
	"printk_info seq", "printk_info ts_nsec", "printk_info text_len",
)
SIZES = ("module", "module_sect_attr", "bin_attribute", "task_struct",
	 "prb_desc", "printk_info")

image = b""


def u16(at):
	return struct.unpack_from("<H", image, at)[0]


def u32(at):
	return struct.unpack_from("<I", image, at)[0]


def s32(at):
	return struct.unpack_from("<i", image, at)[0]


def number(name, value):
	print("number %s %d" % (name, value))


def die(text):
	sys.exit("kernel_truth: " + text)


# ---- kallsyms -------------------------------------------------------------

def tokens_find():
	"""Return the token table, its index and the tokens. The token of a
	digit is the digit itself."""
	digits = b"".join(b"%d\0" % d for d in range(10))
	for match in re.finditer(re.escape(digits), image):
		# The other tokens lie around these ten, one after the other.
		at = [match.start()]
		for _ in range(ord("0")):
			at.insert(0, image.rfind(b"\0", 0, at[0] - 1) + 1)
		while len(at) < 256:
			at.append(image.index(b"\0", at[-1]) + 1)
		index = struct.pack("<256H", *((a - at[0]) & 0xffff for a in at))
		where = image.find(index, at[255], at[255] + 1024)
		if where >= 0:
			return at[0], where, [image[a:image.index(b"\0", a)]
					      for a in at]
	die("no kallsyms_token_table")


def names_walk(at, nr):
	"""Return the offsets of nr names from at on, and their end."""
	places = []
	for _ in range(nr):
		places.append(at)
		length = image[at]
		at += 1
		if length & 0x80:
			length = length & 0x7f | image[at] << 7
			at += 1
		at += length
	return places + [at]


def markers_at(markers, blocks):
	"""Return the offsets of every 256th name from the first, or None."""
	if markers < 0 or u32(markers):
		return None
	values = struct.unpack_from("<%dI" % blocks, image, markers)
	steps = [b - a for a, b in zip(values, values[1:])]
	return values if min(steps) >= 512 else None


def markers_find(token_table):
	"""Return num_syms, names, and if seqs_of_names is before the tokens."""
	for blocks in range(4, 1 << 14):
		for pad in (0, 4):
			markers = token_table - pad - 4 * blocks
			values = markers_at(markers, blocks)
			found = values and names_find(
				range(256 * blocks - 255, 256 * blocks + 1),
				markers, values)
			if found:
				return found + (False,)
	for nr in range(1000, 1 << 20):
		blocks = (nr + 255) // 256
		for pad in (0, 4):
			markers = token_table - (3 * nr + 7) // 8 * 8 - pad \
				- 4 * blocks
			values = markers_at(markers, blocks)
			found = values and names_find((nr,), markers, values)
			if found:
				return found + (True,)
	die("no kallsyms_markers")


def names_find(counts, markers, values):
	"""Return num_syms, one of counts, and the names directly after it."""
	lowest = markers - values[-1] - 256 * 1024
	for names in range(markers - values[-1] & ~3, lowest, -4):
		nr = u32(names - 4) or u32(names - 8)
		if nr not in counts:
			continue
		try:
			first = names_walk(names, 256)
		except IndexError:
			continue
		if first[256] - names == values[1]:
			return nr, names
	return None


def name_of(at, tokens):
	length = image[at]
	at += 1
	if length & 0x80:
		length = length & 0x7f | image[at] << 7
		at += 1
	text = b"".join(tokens[c] for c in image[at:at + length])
	return chr(text[0]), text[1:].decode()


def offsets_at(table, nr, own):
	"""Return ascending numbers; own: relative to their own offsets."""
	if table < 0:
		return None
	values = array.array("I", image[table:table + 4 * nr])
	if own:
		values = [v + table + 4 * i & 0xffffffff
			  for i, v in enumerate(values)]
	ok = len(values) == nr and \
		values[-1] <= len(image) + (64 << 20) and \
		(values[0] < table if own else values[0] == 0) and \
		all(a <= b for a, b in zip(values, values[1:]))
	return values if ok else None


def offsets_find(nr, names, index, old_order, first):
	"""Offsets of all symbols from the Image's start."""
	size = (4 * nr + 7) // 8 * 8
	before, behind = names - 16 - size, index + 512
	values = None if old_order else offsets_at(behind, nr, True)
	if values:
		return values
	for table in (before, behind):
		values = offsets_at(table, nr, False)
		if values:
			break
	else:
		die("no kallsyms_offsets")
	number("relative_base", table + size)
	# Without KALLSYMS_ALL the first symbol is the first one of the text,
	# and the PE header says where that is: BaseOfCode.
	base = 0 if first == "_text" else u32(u32(60) + 24 + 20)
	number("base", base)
	return [v + base for v in values]


def symbols_read():
	token_table, index, tokens = tokens_find()
	nr, names, old_order = markers_find(token_table)
	places = names_walk(names, nr)
	named = [name_of(at, tokens) for at in places[:-1]]
	offsets = offsets_find(nr, names, index, old_order, named[0][1])
	number("symbols", nr)
	return [(offset, kind, name)
		for offset, (kind, name) in zip(offsets, named)]


def build_id_find(symbols):
	"""Return the kernel's own note, which follows those of the vDSOs."""
	places = {name: offset for offset, _, name in symbols}
	note = struct.pack("<3I4s", 4, 20, 3, b"GNU")
	at = image.find(note, places["__start_notes"]) \
		if "__start_notes" in places else image.rfind(note)
	return image[at + 16:at + 36].hex()


# ---- BTF, by bpftool ------------------------------------------------------

class Btf:
	"""bpftool's dump of the Image's BTF, as lines by number."""

	def __init__(self):
		self.head, self.members, self.by_name = {}, {}, {}
		current = None
		for line in self.dump().splitlines():
			if line.startswith("["):
				current, rest = line[1:].split("] ", 1)
				self.head[current] = rest
				self.members[current] = []
				kind, name = rest.split(" ", 2)[:2]
				if kind in ("STRUCT", "DATASEC", "VAR"):
					self.by_name.setdefault(
						(kind, name.strip("'")), current)
			else:
				self.members[current].append(line)

	@staticmethod
	def dump():
		tool = shutil.which("bpftool", path=os.environ["PATH"] +
				    ":/usr/sbin:/sbin")
		if not tool:
			die("no bpftool: scripts/setup installs it")
		with tempfile.NamedTemporaryFile() as blob:
			blob.write(Btf.blob())
			blob.flush()
			return subprocess.run([tool, "btf", "dump", "file", blob.name],
					      check=True, stdout=subprocess.PIPE,
					      universal_newlines=True).stdout

	@staticmethod
	def blob():
		"""The largest piece of the Image that a BTF header describes."""
		best = b""
		for match in re.finditer(rb"\x9f\xeb\x01\x00", image):
			at = match.start()
			if at + 24 > len(image):
				break
			header, _, _, strings, size = struct.unpack_from(
				"<5I", image, at + 4)
			end = at + header + strings + size
			if len(best) < end - at and end <= len(image):
				best = image[at:end]
		return best

	def field(self, line, key):
		found = re.search(r"\b%s=(\d+)" % key, line)
		return found and found.group(1)

	def bare(self, number):
		"""The type behind typedefs, qualifiers and arrays."""
		while self.head[number].split()[0] in (
				"TYPEDEF", "CONST", "VOLATILE", "RESTRICT",
				"TYPE_TAG", "ARRAY"):
			number = self.field(self.head[number], "type_id")
		return number

	def member(self, number, name):
		"""(bits, type) of a member, also inside a nameless member."""
		for line in self.members[number]:
			bits = int(self.field(line, "bits_offset"))
			kind = self.bare(self.field(line, "type_id")) \
				if self.field(line, "type_id") != "0" else None
			if line.strip().startswith("'%s' " % name):
				return bits, kind
			if line.strip().startswith("'(anon)'") and kind and \
			   self.head[kind].split()[0] in ("STRUCT", "UNION"):
				found = self.member(kind, name)
				if found:
					return bits + found[0], found[1]
		return None

	def offset(self, struct_name, path):
		kind = self.by_name.get(("STRUCT", struct_name))
		bits = 0
		for name in path.split("."):
			found = kind and self.member(kind, name)
			if not found:
				return None
			bits, kind = bits + found[0], found[1]
		return bits // 8

	def size(self, struct_name):
		kind = self.by_name.get(("STRUCT", struct_name))
		return kind and int(self.field(self.head[kind], "size"))

	def percpu(self, variable):
		"""Offset in the section of per-CPU variables."""
		var = self.by_name[("VAR", variable)]
		for line in self.members[self.by_name[("DATASEC",
						       ".data..percpu")]]:
			if self.field(line, "type_id") == var:
				return int(self.field(line, "offset"))
		die("no per-CPU " + variable)


def layouts_print(btf):
	for entry in LAYOUTS:
		value = btf.offset(*entry.split(" "))
		if value is not None:
			number(entry.replace(" ", "."), value)
	for name in SIZES:
		if btf.size(name):
			number("sizeof." + name, btf.size(name))


# ---- data without a symbol if KALLSYMS_ALL is off -------------------------

def exported(name):
	"""
	Return the offset of an exported symbol, by __ksymtab. An entry has the
	words value, name and name space, which are relative to their own
	offsets. The name space is an empty string.
	"""
	strings = {match.start() + 1 for match in re.finditer(
		b"\0" + name.encode() + b"(?=\0)", image)}
	words = array.array("i", image[:len(image) // 4 * 4])
	for i, word in enumerate(words):
		if word + 4 * i in strings and \
		   image[words[i + 1] + 4 * (i + 1)] == 0:
			return 4 * (i - 1) + words[i - 1]
	die("%s is not exported" % name)


def call_arguments(symbols, start, callee):
	"""Return the X0 of the function's calls of callee: ADRP, ADD, MOV."""
	end = min(offset for offset, _, _ in symbols if offset > start)
	target = next(s[0] for s in symbols if s[2] == callee)
	tool = shutil.which("aarch64-linux-gnu-objdump") or "objdump"
	with tempfile.NamedTemporaryFile() as code:
		code.write(image[start:end])
		code.flush()
		text = subprocess.run(
			[tool, "-D", "-b", "binary", "-m", "aarch64",
			 "--adjust-vma=%d" % start, code.name], check=True,
			stdout=subprocess.PIPE, universal_newlines=True).stdout
	reg, found = {}, []
	for line in text.splitlines():
		part = line.split("\t")
		if len(part) < 4:
			continue
		what, args = part[2], re.split(r"[, ]+", part[3].strip())
		imm = args[-1].lstrip("#")
		if what == "adrp":
			reg[args[0]] = int(imm, 16)
		elif what == "add" and args[1] in reg and imm.startswith("0x"):
			reg[args[0]] = reg[args[1]] + int(imm, 16)
		elif what == "mov" and args[1] in reg:
			reg[args[0]] = reg[args[1]]
		elif what in ("bl", "b") and int(imm, 16) == target:
			found.append(reg["x0"])
	return found


def modules_list(symbols):
	"""/proc/modules' m_start() begins with seq_list_start(&modules, ...)."""
	near = next(s[0] for s in symbols if s[2] == "modules_open")
	start = min((s[0] for s in symbols if s[2] == "m_start"),
		    key=lambda offset: abs(offset - near))
	found = call_arguments(symbols, start, "seq_list_start")
	return found[0] if found else die("no list of modules")


def variables_print(symbols, btf):
	places = {name: offset for offset, _, name in symbols}
	percpu = places.get("__per_cpu_start")
	if percpu is None:
		percpu = exported("cpu_number") - btf.percpu("cpu_number")
	number("entry_task", percpu + btf.percpu("__entry_task"))
	number("modules", places.get("modules") or modules_list(symbols))


def image_load(folder):
	global image
	with open(folder + "/vmlinuz", "rb") as file:
		image = file.read()
	if image[:2] == b"\x1f\x8b":
		image = gzip.decompress(image)


def main():
	folder = sys.argv[1]
	image_load(folder)
	print("text folder " + folder)
	with open(folder + "/release") as file:
		print("text release " + file.read().strip())
	number("image_size", struct.unpack_from("<Q", image, 16)[0])
	symbols = symbols_read()
	print("text build_id " + build_id_find(symbols))
	btf = Btf()
	layouts_print(btf)
	variables_print(symbols, btf)
	print("\n".join("symbol %d %s %s" % symbol for symbol in symbols))


if __name__ == "__main__":
	main()
