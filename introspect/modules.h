/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.h - the guest's list of modules and their symbols
 */
#ifndef TRAPLINE_INTROSPECT_MODULES_H
#define TRAPLINE_INTROSPECT_MODULES_H

#include <elf.h>
#include <trapline/introspect.h>

#define MODULE_NAME_SIZE     64
#define MODULE_BUILD_ID_SIZE 20

struct module_range {
	va_t base;
	uint64_t size;
};

/* A private copy of a module's kallsyms. st_value is a run-time address. */
struct module_symbols {
	bool loaded;
	uint32_t nr;
	Elf64_Sym *sym;
	char *types; /* nm(1) letters, or NULL */
	char *strings;
	size_t strings_size; /* the last byte is NUL */
};

struct module_info {
	struct introspect_module pub;
	va_t va; /* struct module */
	char name[MODULE_NAME_SIZE];
	uint8_t build_id[MODULE_BUILD_ID_SIZE];
	struct module_range text;
	struct module_range init_text; /* size 0 once freed */
	struct introspect_section *sections;
	struct module_symbols symbols;
};

struct module_list {
	struct module_info *m;
	unsigned int nr;
	bool loaded;
	unsigned int nr_sections; /* of all modules together */
	size_t symbols_read; /* bytes read by module_symbols_load() */
	uint64_t head; /* offset of the list head from _text; 0: not known */
};

/* Text that the kernel has freed: that of a module, or a module's init text. */
struct module_gone {
	char name[MODULE_NAME_SIZE];
	struct module_range range;
	bool is_init;
};

#define MODULES_GONE_MAX 64

struct modules_gone {
	struct module_gone ring[MODULES_GONE_MAX];
	unsigned int nr; /* of all that have gone; the ring has the last ones */
	/* A struct module in the list that is about to be freed; 0: none */
	va_t leaving;
};

void modules_deinit(struct introspect *in);
/* module_gone.c: keep what old has and the list has no longer. */
void modules_gone_compare(struct introspect *in, const struct module_list *old);
/* introspect_symbol_by_name(), _by_address() and _each() for modules only. */
int modules_symbol_by_name(struct introspect *in, const char *name, va_t *ret);
int modules_symbol_by_address(struct introspect *in, va_t va,
			      struct introspect_symbol *ret);
void modules_symbol_each(struct introspect *in,
			 bool (*see)(void *opaque, const char *name),
			 void *opaque);

/*
 * module_symbols.c: read the symbols of m unless they are already loaded.
 * Returns 0 or a negative errno. -E2BIG: the symbols of all modules together
 * are larger than those of any real system.
 */
int module_symbols_load(struct introspect *in, struct module_info *m);
/* The number of symbols that m states; 0 if the number is not plausible. */
uint32_t module_symbols_count(struct introspect *in,
			      const struct module_info *m);
void module_symbols_deinit(struct module_symbols *s);
/* Name of symbol i; NULL: the symbol is of no use in a debugger. */
const char *module_symbol_name(const struct module_symbols *s, uint32_t i);
/* The letter of nm(1) for symbol i. */
char module_symbol_type(const struct module_symbols *s, uint32_t i);

/* Does struct module have all members that modules.c needs? */
bool modules_understood(struct introspect *in);

#endif
