// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flight.c - see flight.h
 */
#include "flight.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vmm/vm.h"

void flight_unmap(struct vcpu *vcpu)
{
	if (vcpu->ring)
		munmap(vcpu->ring, vcpu->ring_size);
	vcpu->ring = NULL;
}

int flight_apply(struct vcpu *vcpu)
{
	uint32_t nr = vcpu->vm->flight;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *ring;
	int err;

	if (!nr && !vcpu->ring)
		return 0;
	flight_unmap(vcpu);
	err = vcpu->vm->kvm->recorder(vcpu->fd, &nr);
	if (err)
		return err == -ENOTTY || err == -EINVAL ? -ENOTSUP : err;
	if (!nr)
		return 0;
	vcpu->ring_size = ALIGN_UP(sizeof(struct trapline_ring) +
					   nr * sizeof(struct trapline_record),
				   page);
	ring = mmap(NULL, vcpu->ring_size, PROT_READ, MAP_SHARED, vcpu->fd,
		    TRAPLINE_RECORDER_OFFSET);
	if (ring == MAP_FAILED)
		return -errno;
	vcpu->ring = ring;
	return 0;
}

unsigned int flight_copy(const struct vcpu *vcpu, struct trapline_record *ret,
			 unsigned int max)
{
	const struct trapline_ring *ring = vcpu->ring;
	const struct trapline_record *records;
	uint64_t head;

	if (!ring)
		return 0;
	records = (const void *)(ring + 1);
	head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	if (max > ring->nr)
		max = ring->nr;
	if (max > head)
		max = (unsigned int)head;
	for (unsigned int i = 0; i < max; i++)
		ret[i] = records[(head - max + i) % ring->nr];
	return max;
}
