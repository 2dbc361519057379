/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * map.h - the guest's physical address map
 *
 *	0x0000_0000 .. 0x07ff_ffff   nothing
 *	0x0800_0000  GICD   64 KiB (v3) / 4 KiB (v2)
 *	0x0801_0000  GICC    8 KiB (v2)
 *	0x080a_0000  GICR  128 KiB per vCPU (v3), up to 16
 *	0x0900_0000  PL011   4 KiB
 *	0x0901_0000  PL031   4 KiB
 *	0x0a00_0000  virtio-mmio, 512 bytes each, 32 of them
 *	0x4000_0000  RAM, up to its size
 */
#ifndef TRAPLINE_VMM_MAP_H
#define TRAPLINE_VMM_MAP_H

#include <trapline/types.h>

#define MAP_GICD         0x08000000ULL
#define MAP_GICD_SIZE_V3 0x10000ULL
#define MAP_GICD_SIZE_V2 0x1000ULL
#define MAP_GICC         0x08010000ULL
#define MAP_GICC_SIZE    0x2000ULL
#define MAP_GICR         0x080a0000ULL
#define MAP_GICR_SIZE    0x20000ULL /* per vCPU */
#define MAP_PL011        0x09000000ULL
#define MAP_PL011_SIZE   0x1000ULL
#define MAP_PL031        0x09010000ULL
#define MAP_PL031_SIZE   0x1000ULL
#define MAP_VIRTIO       0x0a000000ULL
#define MAP_VIRTIO_SIZE  0x200ULL
#define MAP_NR_VIRTIO    32
#define MAP_RAM          0x40000000ULL

/* SPIs, counted from 0 (INTID - 32). */
#define IRQ_PL011  1
#define IRQ_PL031  2
#define IRQ_VIRTIO 16
#define NR_SPIS    64

/* PPIs: INTID - 16, as in device trees. */
#define PPI_TIMER_SECURE 13
#define PPI_TIMER_PHYS   14
#define PPI_TIMER_VIRT   11
#define PPI_TIMER_HYP    10

#endif
