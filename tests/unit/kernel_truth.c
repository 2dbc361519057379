// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kernel_truth.c - see kernel_truth.h
 */
#include "kernel_truth.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define TRUTH_SCRIPT "tests/unit/kernel_truth.py"
#define IMAGE_MAX    (256 * SZ_1M)

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void *need(void *p)
{
	if (!p)
		die("kernel_truth", "no memory");
	return p;
}

/* Put the folder of the cache's kernels in front of the pattern. */
static char *cache_path(const char *pattern)
{
	const char *cache = getenv("TRAPLINE_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n;

	if (cache)
		n = asprintf(&path, "%s/kernels/%s", cache, pattern);
	else if (xdg)
		n = asprintf(&path, "%s/trapline/kernels/%s", xdg, pattern);
	else
		n = asprintf(&path, "%s/.cache/trapline/kernels/%s",
			     home ? home : "", pattern);
	return need(n < 0 ? NULL : path);
}

size_t truth_kernels(const char **ret, size_t max)
{
	/* The debug kernel has no modules, and no BTF. */
	char *pattern = cache_path("*/modules"), *name;
	bool old = false, newer = false;
	glob_t found;
	size_t nr = 0;

	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc && nr < max; i++) {
			*strrchr(found.gl_pathv[i], '/') = '\0';
			name = need(
				strdup(strrchr(found.gl_pathv[i], '/') + 1));
			old |= !strcmp(name, "6.1");
			newer |= !strcmp(name, "6.12");
			ret[nr++] = name;
		}
		globfree(&found);
	}
	if (!old || !newer)
		die(pattern, "6.1 and 6.12 are not there; run scripts/setup");
	free(pattern);
	return nr;
}

static void image_read(struct truth *t, const char *folder)
{
	char *path, *image = need(malloc(IMAGE_MAX));
	gzFile file;
	int n;

	if (asprintf(&path, "%s/vmlinuz", folder) < 0)
		need(NULL);
	file = gzopen(path, "rb");
	n = file ? gzread(file, image, IMAGE_MAX) : 0;
	if (n <= 0)
		die(path, "cannot be read; run scripts/setup");
	t->image_size = (size_t)n;
	t->image_fd = memfd_create("image", MFD_CLOEXEC);
	if (write(t->image_fd, image, t->image_size) != n)
		die(path, "cannot be copied into memory");
	free(image);
	gzclose(file);
	free(path);
}

static void script_run(struct truth *t, const char *folder)
{
	char *command;
	size_t size = 0;
	FILE *in;

	if (asprintf(&command, "python3 " TRUTH_SCRIPT " '%s'", folder) < 0)
		need(NULL);
	in = popen(command, "r");
	if (!in || getdelim(&t->text, &size, '\0', in) <= 0 || pclose(in))
		die(command, "failed");
	free(command);
}

/* Cuts the text into lines, and each symbol's line into its parts. */
static void text_parse(struct truth *t)
{
	size_t max = 1;
	char *end;

	for (char *p = t->text; *p; p++)
		max += *p == '\n';
	t->lines = need(calloc(max, sizeof(*t->lines)));
	t->symbols = need(calloc(max, sizeof(*t->symbols)));
	for (char *line = strtok_r(t->text, "\n", &end); line;
	     line = strtok_r(NULL, "\n", &end)) {
		struct truth_symbol *s = &t->symbols[t->nr_symbols];
		char *p;

		if (strncmp(line, "symbol ", 7)) {
			t->lines[t->nr_lines++] = line;
			continue;
		}
		s->offset = strtoull(line + 7, &p, 10);
		s->type = p[1];
		s->name = p + 3;
		t->nr_symbols++;
	}
}

struct truth *truth_load(const char *kernel)
{
	struct truth *t = need(calloc(1, sizeof(*t)));
	char *folder = cache_path(kernel);

	t->kernel = need(strdup(kernel));
	image_read(t, folder);
	script_run(t, folder);
	text_parse(t);
	free(folder);
	return t;
}

void truth_free(struct truth *t)
{
	if (!t)
		return;
	free(t->kernel);
	close(t->image_fd);
	free(t->symbols);
	free(t->lines);
	free(t->text);
	free(t);
}

static const char *line_find(const struct truth *t, const char *kind,
			     const char *name)
{
	size_t first = strlen(kind), second = strlen(name);

	for (size_t i = 0; i < t->nr_lines; i++) {
		const char *line = t->lines[i];

		if (!strncmp(line, kind, first) && line[first] == ' ' &&
		    !strncmp(line + first + 1, name, second) &&
		    line[first + 1 + second] == ' ')
			return line + first + second + 2;
	}
	return NULL;
}

bool truth_has(const struct truth *t, const char *name)
{
	return line_find(t, "number", name);
}

uint64_t truth_number(const struct truth *t, const char *name)
{
	const char *value = line_find(t, "number", name);

	if (!value)
		die(t->kernel, name);
	return strtoull(value, NULL, 10);
}

const char *truth_text(const struct truth *t, const char *name)
{
	const char *value = line_find(t, "text", name);

	if (!value)
		die(t->kernel, name);
	return value;
}

const struct truth_symbol *truth_symbol(const struct truth *t, const char *name)
{
	for (size_t i = 0; i < t->nr_symbols; i++)
		if (!strcmp(t->symbols[i].name, name))
			return &t->symbols[i];
	return NULL;
}
