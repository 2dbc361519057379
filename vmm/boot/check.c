// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check.c - are a guest's files usable?
 *
 * The kernel is really loaded, into memory that is thrown away. So a file that
 * loads here also loads in the VMM, and the same code finds each error. This
 * code needs no KVM, so a machine without KVM finds these errors before it
 * starts a lab.
 */
#include <trapline/vmm.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <trapline/report.h>

#include "vmm/devices/blk_image.h"
#include "fdt.h"
#include "image.h"
#include "vmm/map.h"

static int tree_check(const struct vm_config *c, size_t *ret_room, char *err,
		      size_t err_size)
{
	void *tree = NULL;
	size_t size;
	int error = 0;

	if (c->dtb)
		error = vmm_fdt_read(c->dtb, &tree, &size, err, err_size);
	if (!error)
		*ret_room = vmm_fdt_room(tree);
	free(tree);
	return error;
}

static int image_check(const struct vm_config *c, size_t dtb_size, char *err,
		       size_t err_size)
{
	struct image_request req = {
		.kernel = c->kernel,
		.initrd = c->initrd,
		.load_address = c->load_address,
		.dtb_size = dtb_size,
	};
	struct guest_ram ram = { .ipa = MAP_RAM, .size = c->memory };
	struct image image;
	void *host;
	int error;

	host = mmap(NULL, c->memory, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host == MAP_FAILED) {
		error = -errno;
		snprintf(err, err_size,
			 "%llu MiB of guest memory: %s: give "
			 "the guest less with --mem",
			 (unsigned long long)(c->memory / SZ_1M),
			 strerror(-error));
		return error;
	}
	ram.host = host;
	error = image_load(&req, &ram, &image, err, err_size);
	munmap(host, c->memory);
	return error;
}

/*
 * Open and lock the image as the VMM does, and keep it open. The VMM locks the
 * image again inside the lab, but locks do not pass through the lab's file
 * sharing: without this lock, two labs could write to one image.
 */
static int disk_check(const struct vmm_disk *disk, char *err, size_t err_size)
{
	struct blk_image image;

	return blk_image_open(&image, disk, err, err_size);
}

/* Check the folder of an option. writable: files will be created in it. */
static int folder_check(const char *option, const char *path, bool writable,
			char *err, size_t err_size)
{
	struct stat st;
	int error = stat(path, &st)       ? -errno
		    : S_ISDIR(st.st_mode) ? 0
					  : -ENOTDIR;

	if (!error && writable && access(path, W_OK | X_OK))
		error = -errno;
	if (error)
		snprintf(err, err_size, "%s %s: %s", option, path,
			 strerror(-error));
	return error;
}

static int files_check(unsigned int event, const struct vmm_files *files,
		       char *err, size_t size)
{
	static const struct {
		const char *dump, *report;
	} options[] = {
		[VMM_OOPS] = { "--dump-on-oops", "--report-on-oops" },
		[VMM_HANG] = { "--dump-on-hang", "--report-on-hang" },
	};
	int error = 0;

	if (files->dump_dir)
		error = folder_check(options[event].dump, files->dump_dir, true,
				     err, size);
	if (!error && files->report_dir)
		error = folder_check(options[event].report, files->report_dir,
				     true, err, size);
	return error;
}

int vmm_check(const struct vm_config *config)
{
	size_t room = 0;
	char err[512];
	int error = tree_check(config, &room, err, sizeof(err));

	if (!error)
		error = image_check(config, room, err, sizeof(err));
	for (unsigned int i = 0; !error && i < config->nr_disks; i++)
		error = disk_check(&config->disk[i], err, sizeof(err));
	if (!error && config->modules)
		error = folder_check("--modules", config->modules, false, err,
				     sizeof(err));
	if (!error && config->save_dir)
		error = folder_check("--save-dir", config->save_dir, true, err,
				     sizeof(err));
	for (unsigned int i = 0; !error && i < VMM_NR_EVENTS; i++)
		error = files_check(i, &config->files[i], err, sizeof(err));
	if (error)
		report(REPORT_ERROR, "%s", err);
	return error;
}
