# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of the loader: every kind of kernel file boots a guest, and the guest
# gets the device tree that the user gives. Variables as in checks.sh. Sourced.
# shellcheck shell=bash disable=SC2034,SC2154

# Put the Image into $WORK/Image; the other files are made from it.
loader_image()
{
	[ -e "$WORK/Image" ] || cp "$KERNEL" "$WORK/Image"
}

# loader_wrap FILE KIND: make FILE. KIND is vmlinux (an ELF file at kernel
# addresses, as ld makes it), or gzip or zstd: an EFI zboot image with a payload
# compressed in this way.
loader_wrap()
{
	python3 - "$WORK/Image" "$1" "$2" <<'EOF'
import gzip, struct, subprocess, sys
image, out, kind = sys.argv[1:]
data = open(image, "rb").read()
size = struct.unpack_from("<Q", data, 16)[0]
va = 0xffff800080000000
if kind == "vmlinux":
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 3, 183, 1, va, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    head += struct.pack("<IIQQQQQQ", 1, 7, 0x10000, va, va, len(data), size,
                        0x10000)
    data = head.ljust(0x10000, b"\0") + data
else:
    if kind == "gzip":
        data = gzip.compress(data, 1)
    else:
        data = subprocess.run(["zstd", "-qc1"], input=data, check=True,
                              stdout=subprocess.PIPE).stdout
    data = (b"MZ\0\0zimg" + struct.pack("<II8x", 64, len(data)) +
            kind.encode().ljust(40, b"\0") + data + bytes(512))
open(out, "wb").write(data)
EOF
}

# loader_boot WHAT FILE OPTION...: check that the guest boots
loader_boot()
{
	local what=$1 file=$2

	shift 2
	KERNEL=$file APPEND=quiet guest_start smp,poweroff -m 256M "$@"
	guest_wait 150
	check "$what boots" guest_said 'guest: smp ok'
	guest_said 'smp ok' || guest_log | tail -n 20
	rm -f "$file"
}

check_formats()
{
	local kind

	loader_image
	gzip -1c "$WORK/Image" >"$WORK/Image.gz"
	loader_boot "Image.gz, moved," "$WORK/Image.gz" \
		--load-address 0x44000000
	kind=gzip
	! type zstd >/dev/null 2>&1 || kind=zstd
	loader_wrap "$WORK/vmlinuz.efi" $kind
	loader_boot "an EFI zboot image ($kind)" "$WORK/vmlinuz.efi"
	loader_wrap "$WORK/vmlinux" vmlinux
	loader_boot "vmlinux" "$WORK/vmlinux"
}

# Make a kernel with one changed letter in its kallsyms_token_table: the token
# for '7'. It is next to those of the other digits, before longer tokens.
loader_damage()
{
	python3 - "$WORK/Image" "$1" <<'EOF'
import re, sys
image, out = sys.argv[1:]
data = open(image, "rb").read()
digits = b"".join(b"%d\0" % d for d in range(10))
other = b":\0;\0<\0=\0>\0?\0"
found = [m.start() for m in re.finditer(
    digits + rb"(?!" + re.escape(other) + rb")(?:[^\0]{1,60}\0){6}@\0A\0", data)]
at = found[0] + 14
open(out, "wb").write(data[:at] + b"!" + data[at + 1:])
EOF
}

# A kernel that is not understood is reported, once.
check_odd()
{
	loader_image
	loader_damage "$WORK/odd" || { fail "no tokens in the Image"; return; }
	KERNEL=$WORK/odd APPEND=quiet guest_start ticks -c 2 -m 256M
	guest_expect 150 \
		'^trapline: Linux .* is not understood: kallsyms_token_table' ||
		{ fail "no report that the kernel is not understood"; return; }
	gdb_script odd
	check "the report came once" \
		[ "$(guest_log | grep -c 'is not understood')" = 1 ]
	rm -f "$WORK/odd"
}

# gdb reads the device tree of one guest from memory, and another guest boots
# with it. The tree's kernel arguments come first, so the later one of two
# tl.run= counts.
check_dtb()
{
	local size

	APPEND="quiet panic=7" guest_start idle -c 2 -m 256M --wait
	gdb_batch 60 -ex "dump binary memory $WORK/tree.dtb \$x0 \$x0+0x10000" \
		-ex kill >"$WORK/dtb.log" 2>&1
	guest_end
	size=$((16#$(head -c 8 "$WORK/tree.dtb" | od -An -tx1 |
		tr -d ' \n' | cut -c9-16)))
	check "x0 points to a device tree" [ "${size:-0}" -gt 1000 ]
	truncate -s "${size:-0}" "$WORK/tree.dtb"
	APPEND='' guest_start smp,mem,poweroff -c 2 -m 128M \
		--dtb "$WORK/tree.dtb"
	guest_wait 150
	check "a guest boots with the user's device tree" guest_said \
		'guest: smp ok online 0-1'
	check "the tree has the memory of this run" guest_said 'guest: mem ok [0-9]{5} kB'
	guest_said 'mem ok' || { cat "$WORK/dtb.log"; guest_log | tail -n 20; }
}
