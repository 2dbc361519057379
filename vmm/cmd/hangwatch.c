// SPDX-License-Identifier: GPL-2.0-or-later
/* hangwatch.c - see hangwatch.h */
#include "hangwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "monitor.h"
#include "session/progress.h"
#include "vmm/hostcpu.h"
#include "vmm/vm.h"

#define LOOKS     4 /* in the limit */
#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

struct hangwatch {
	struct debug *debug;
	struct progress *progress;
	uint64_t period_ms;
	uint64_t next_ms; /* the host's time of the next look */
	uint64_t last_ns; /* the guest's time of the last look */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

int hangwatch_create(struct session *s, unsigned int seconds,
		     struct hangwatch **ret)
{
	struct hangwatch *w;
	int err;

	*ret = NULL;
	if (!seconds)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	err = progress_create(s, seconds * NS_PER_S, &w->progress);
	if (err) {
		free(w);
		return err;
	}
	w->debug = monitor_debug(s);
	w->period_ms = seconds * 1000ULL / LOOKS;
	w->next_ms = now_ms() + w->period_ms;
	*ret = w;
	return 0;
}

void hangwatch_destroy(struct hangwatch *w)
{
	if (!w)
		return;
	progress_destroy(w->progress);
	free(w);
}

void hangwatch_forget(struct hangwatch *w)
{
	if (w)
		progress_forget(w->progress);
}

static bool is_running(const struct hangwatch *w)
{
	struct guest *g = debug_guest(w->debug);

	return g->ops->is_running(g);
}

int hangwatch_timeout(const struct hangwatch *w)
{
	uint64_t now;

	if (!w || !is_running(w))
		return -1;
	now = now_ms();
	return now >= w->next_ms ? 0 : (int)(w->next_ms - now);
}

/* The guest's virtual counter in ns. The VM is stopped. */
static uint64_t guest_ns(const struct vm *vm)
{
	unsigned __int128 counter = vm->counter;

	return (uint64_t)(counter * NS_PER_S / host_counter_hz());
}

/* debug_look_fn */
static bool look(void *opaque, struct guest_stop *stop)
{
	struct hangwatch *w = opaque;
	struct vm *vm = debug_vm(w->debug);
	uint64_t now = guest_ns(vm);

	if (!vm->counter_saved && !vm->counter_set)
		return false;
	/* The guest has set its counter back, or was reset. */
	if (now < w->last_ns)
		progress_forget(w->progress);
	w->last_ns = now;
	return progress_look(w->progress, now, stop);
}

/* Do all vCPUs run freely? */
static bool runs_freely(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		if (vm->vcpu[i].action != GUEST_RUN)
			return false;
	return true;
}

void hangwatch_tick(struct hangwatch *w)
{
	if (hangwatch_timeout(w) != 0)
		return;
	w->next_ms = now_ms() + w->period_ms;
	if (runs_freely(debug_vm(w->debug)))
		debug_look(w->debug, look, w);
	else
		progress_forget(w->progress);
}
