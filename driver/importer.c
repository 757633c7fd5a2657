// SPDX-License-Identifier: GPL-2.0-only
/* The device that GRANT attaches to a dma-buf to learn its pages. */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>

#include "compat.h"
#include "importer.h"

static struct platform_device *importer;

/*
 * Merges neighbouring entries into one segment, as an IOMMU does: an exporter
 * of single pages has many in a row.  Only where DMA lengths are separate
 * fields, since the exporter's own lengths must not change.
 */
static int importer_map_sg(struct device *dev, struct scatterlist *sgl,
			   int nents, enum dma_data_direction dir,
			   unsigned long attrs)
{
	struct scatterlist *sg = sgl, *segment = NULL;
	u64 addr, end = 0;
	u32 len = 0;
	int i, n = 0;

	for (i = 0; i < nents; i++) {
		if (i)
			sg = xdb_next_sg(sg);
		addr = sg_phys(sg) | XDB_OWN_ADDRESS;
		if (IS_ENABLED(CONFIG_NEED_SG_DMA_LENGTH) && addr == end &&
		    sg->length <= UINT_MAX - len) {
			len += sg->length;
		} else {
			segment = segment ? xdb_next_sg(segment) : sgl;
			sg_dma_address(segment) = addr;
			len = sg->length;
			n++;
		}
		sg_dma_len(segment) = len;
		end = addr + sg->length;
	}
	return n;
}

static void importer_unmap_sg(struct device *dev, struct scatterlist *sgl,
			      int nents, enum dma_data_direction dir,
			      unsigned long attrs)
{
}

static const struct dma_map_ops importer_ops = {
	.map_sg = importer_map_sg,
	.unmap_sg = importer_unmap_sg,
	XDB_MAP_NO_PAGE,
};

int xdb_importer_init(void)
{
	int ret;

	importer = platform_device_register_simple(
		"xen-dmabuf-importer", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(importer))
		return PTR_ERR(importer);
	set_dma_ops(&importer->dev, &importer_ops);
	ret = dma_coerce_mask_and_coherent(&importer->dev, DMA_BIT_MASK(64));
	if (ret) {
		platform_device_unregister(importer);
		return ret;
	}
	dma_set_max_seg_size(&importer->dev, UINT_MAX);
	dma_set_seg_boundary(&importer->dev, ULONG_MAX);
	return 0;
}

void xdb_importer_exit(void)
{
	platform_device_unregister(importer);
}

struct device *xdb_importer_device(void)
{
	return &importer->dev;
}
