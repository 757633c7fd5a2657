/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that the DMA layer gives to devices for page frames. */
#ifndef XDB_BUS_H
#define XDB_BUS_H

#include <linux/mm.h>
#include <linux/types.h>

#include <xen/page.h>
#include <xen/xen.h>

#include <asm/xen/swiotlb-xen.h>

/*
 * Whether devices get machine addresses.  Otherwise they get guest addresses,
 * which the IOMMU translates for this domain as Xen translates them for the
 * processors.  On Arm that is so in domains that are not direct-mapped.
 */
static inline bool xdb_bus_is_machine(void)
{
#ifdef CONFIG_X86
	return xen_pv_domain();
#else
	return xen_swiotlb_detect();
#endif
}

static inline unsigned long xdb_bus_frame(unsigned long pfn)
{
	return xdb_bus_is_machine() ? pfn_to_bfn(pfn) : pfn;
}

static inline phys_addr_t xdb_bus_address(unsigned long pfn)
{
	return (phys_addr_t)xdb_bus_frame(pfn) << PAGE_SHIFT;
}

#endif
