// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * modfile.c - the user's .ko files, matched to modules the guest has loaded
 *
 * This code reads the section headers of ELF64 little-endian ET_REL files, and
 * nothing else: gdb reads the rest through the stub. Source: System V ABI,
 * "Sections"; build-id notes as ld(1) --build-id writes them.
 */
#include "modfile.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/util.h>

#define MODFILE_MAX_SIZE (1ULL << 30)

static const Elf64_Ehdr *header(const struct modfile *file)
{
	return (const Elf64_Ehdr *)(const void *)file->data;
}

/* Section header n, copied: the table need not be aligned. */
static bool section(const struct modfile *file, unsigned int n, Elf64_Shdr *ret)
{
	const Elf64_Ehdr *eh = header(file);

	if (n >= eh->e_shnum)
		return false;
	memcpy(ret, file->data + eh->e_shoff + n * sizeof(*ret), sizeof(*ret));
	return true;
}

/* The contents of a section; NULL when they do not lie wholly in the file. */
static const uint8_t *contents(const struct modfile *file, const Elf64_Shdr *sh)
{
	if (sh->sh_type == SHT_NOBITS || sh->sh_offset > file->size ||
	    sh->sh_size > file->size - sh->sh_offset)
		return NULL;
	return file->data + sh->sh_offset;
}

int modfile_check(const struct modfile *file)
{
	const Elf64_Ehdr *eh = header(file);

	if (file->size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_type != ET_REL ||
	    eh->e_machine != EM_AARCH64 ||
	    eh->e_shentsize != sizeof(Elf64_Shdr) || eh->e_shoff > file->size ||
	    eh->e_shnum > (file->size - eh->e_shoff) / sizeof(Elf64_Shdr))
		return -EBADMSG;
	return 0;
}

/*
 * "ld -r" leaves addresses in some sections of a module. gdb assumes that the
 * sections of an ET_REL file begin at 0, and would place all of these sections
 * wrongly.
 */
static void addresses_clear(struct modfile *file)
{
	const Elf64_Ehdr *eh = header(file);
	uint8_t *at = file->data + eh->e_shoff;

	for (unsigned int n = 0; n < eh->e_shnum; n++, at += sizeof(Elf64_Shdr))
		memset(at + offsetof(Elf64_Shdr, sh_addr), 0,
		       sizeof(Elf64_Addr));
}

/* Find a build-id among the notes of one section. Returns its length or 0. */
static size_t note_build_id(const uint8_t *p, size_t size, const uint8_t **ret)
{
	Elf64_Nhdr nh;

	while (size >= sizeof(nh)) {
		size_t name, desc;

		memcpy(&nh, p, sizeof(nh));
		name = ALIGN_UP((size_t)nh.n_namesz, 4UL);
		desc = ALIGN_UP((size_t)nh.n_descsz, 4UL);
		size -= sizeof(nh);
		p += sizeof(nh);
		if (name > size || nh.n_descsz > size - name)
			return 0;
		if (nh.n_type == NT_GNU_BUILD_ID && nh.n_namesz == 4 &&
		    !memcmp(p, "GNU", 4)) {
			*ret = p + name;
			return nh.n_descsz;
		}
		if (desc > size - name)
			return 0;
		p += name + desc;
		size -= name + desc;
	}
	return 0;
}

size_t modfile_build_id(const struct modfile *file, const uint8_t **ret)
{
	const uint8_t *p;
	Elf64_Shdr sh;
	size_t n;

	for (unsigned int i = 0; section(file, i, &sh); i++) {
		if (sh.sh_type != SHT_NOTE)
			continue;
		p = contents(file, &sh);
		n = p ? note_build_id(p, sh.sh_size, ret) : 0;
		if (n)
			return n;
	}
	return 0;
}

void modfile_free(struct modfile *file)
{
	free(file->data);
	file->data = NULL;
	file->size = 0;
}

static int modfile_read(int dir, const char *name, struct modfile *ret)
{
	struct modfile file = { 0 };
	struct stat st;
	int fd, err;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : 0;
	if (!err && (!S_ISREG(st.st_mode) || st.st_size <= 0 ||
		     (uint64_t)st.st_size > MODFILE_MAX_SIZE))
		err = -EBADMSG;
	if (err)
		goto out_close;
	file.size = (size_t)st.st_size;
	file.data = malloc(file.size);
	err = file.data ? read_all(fd, file.data, file.size) : -ENOMEM;
	if (!err)
		err = modfile_check(&file);
	if (err) {
		modfile_free(&file);
		goto out_close;
	}
	addresses_clear(&file);
	*ret = file;
out_close:
	close(fd);
	return err;
}

/* "foo-bar.ko" is the file of module "foo_bar". */
static bool file_is_module(const char *file, const char *module)
{
	size_t n = strlen(module);

	if (strlen(file) != n + 3 || strcmp(file + n, ".ko"))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((file[i] == '-' ? '_' : file[i]) != module[i])
			return false;
	return true;
}

int modfile_find(const char *dir, const char *name, const uint8_t *build_id,
		 size_t build_id_size, struct modfile *ret)
{
	struct modfile file;
	const uint8_t *id;
	struct dirent *de;
	int err = -ENOENT;
	DIR *d;

	d = opendir(dir);
	if (!d)
		return -errno;
	while ((de = readdir(d))) {
		if (!file_is_module(de->d_name, name))
			continue;
		err = modfile_read(dirfd(d), de->d_name, &file);
		if (err)
			break;
		if (build_id_size &&
		    modfile_build_id(&file, &id) == build_id_size &&
		    !memcmp(id, build_id, build_id_size)) {
			*ret = file;
			break;
		}
		modfile_free(&file);
		err = -ENOENT;
	}
	closedir(d);
	return err;
}
