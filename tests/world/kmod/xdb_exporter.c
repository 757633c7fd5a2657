// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdb_exporter: makes dma-bufs with unusual sg tables, as a card's driver might.
 */
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "xdb_device.h"
#include "xdb_exporter.h"

static bool stuck;
module_param(stuck, bool, 0644);

struct buffer {
	unsigned long kind;
	struct page *pages[XDB_EXPORTER_PAGES];
};

static void free_buffer(struct buffer *buffer)
{
	int i;

	for (i = 0; i < XDB_EXPORTER_PAGES; i++)
		if (buffer->pages[i])
			__free_page(buffer->pages[i]);
	kfree(buffer);
}

static struct buffer *new_buffer(unsigned long kind)
{
	struct buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	int i;

	if (!buffer)
		return NULL;
	buffer->kind = kind;
	for (i = 0; i < XDB_EXPORTER_PAGES; i++) {
		buffer->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!buffer->pages[i]) {
			free_buffer(buffer);
			return NULL;
		}
	}
	return buffer;
}

static void fill_table(struct buffer *buffer, struct sg_table *sgt)
{
	unsigned int offset = buffer->kind == XDB_EXPORTER_UNALIGNED ? 16 : 0;
	struct scatterlist *sg;
	struct page *page;
	int i;

	for_each_sgtable_sg(sgt, sg, i) {
		page = buffer->pages[i];
		if (buffer->kind == XDB_EXPORTER_NO_RAM && i == 2)
			page = ZERO_PAGE(0);
		sg_set_page(sg, page, PAGE_SIZE - offset, offset);
	}
}

static void unmap_pages(struct device *dev, struct sg_table *sgt, int nr,
			enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgt->sgl, sg, nr, i)
		dma_unmap_page(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

static int map_table(struct buffer *buffer, struct device *dev,
		     struct sg_table *sgt, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	if (buffer->kind != XDB_EXPORTER_OTHER &&
	    buffer->kind != XDB_EXPORTER_BY_PAGE)
		return dma_map_sgtable(dev, sgt, dir, 0);
	for_each_sgtable_sg(sgt, sg, i) {
		sg_dma_len(sg) = sg->length;
		sg_dma_address(sg) = sg_phys(sg);
		if (buffer->kind == XDB_EXPORTER_OTHER)
			continue;
		sg_dma_address(sg) = dma_map_page(dev, sg_page(sg), sg->offset,
						  sg->length, dir);
		if (dma_mapping_error(dev, sg_dma_address(sg)))
			goto err;
	}
	return 0;

err:
	unmap_pages(dev, sgt, i, dir);
	return -EIO;
}

static struct sg_table *op_map(struct dma_buf_attachment *attach,
			       enum dma_data_direction dir)
{
	struct buffer *buffer = attach->dmabuf->priv;
	struct sg_table *sgt;
	int ret;

	if (buffer->kind == XDB_EXPORTER_BUSY)
		return ERR_PTR(-EBUSY);
	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = sg_alloc_table(
		sgt, XDB_EXPORTER_PAGES - (buffer->kind == XDB_EXPORTER_SHORT),
		GFP_KERNEL);
	if (ret)
		goto err_free;
	fill_table(buffer, sgt);
	ret = map_table(buffer, attach->dev, sgt, dir);
	if (ret)
		goto err_table;
	return sgt;

err_table:
	sg_free_table(sgt);
err_free:
	kfree(sgt);
	return ERR_PTR(ret);
}

static void op_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		     enum dma_data_direction dir)
{
	struct buffer *buffer = attach->dmabuf->priv;

	while (buffer->kind == XDB_EXPORTER_STUCK && READ_ONCE(stuck))
		msleep(20);
	if (buffer->kind == XDB_EXPORTER_BY_PAGE)
		unmap_pages(attach->dev, sgt, sgt->nents, dir);
	else if (buffer->kind != XDB_EXPORTER_OTHER)
		dma_unmap_sgtable(attach->dev, sgt, dir, 0);
	sg_free_table(sgt);
	kfree(sgt);
}

static void op_release(struct dma_buf *dmabuf)
{
	free_buffer(dmabuf->priv);
}

static const struct dma_buf_ops ops = {
	.map_dma_buf = op_map,
	.unmap_dma_buf = op_unmap,
	.release = op_release,
};

static long exporter_ioctl(struct file *file, unsigned int cmd,
			   unsigned long kind)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;
	struct buffer *buffer;
	int fd;

	if (cmd != XDB_EXPORTER_IOC_MAKE)
		return -ENOTTY;
	if (kind > XDB_EXPORTER_STUCK)
		return -EINVAL;
	buffer = new_buffer(kind);
	if (!buffer)
		return -ENOMEM;
	info.ops = &ops;
	info.size = XDB_EXPORTER_PAGES * PAGE_SIZE;
	info.flags = O_RDWR;
	info.priv = buffer;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		free_buffer(buffer);
		return PTR_ERR(dmabuf);
	}
	fd = dma_buf_fd(dmabuf, O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

static const struct file_operations exporter_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = exporter_ioctl,
};

XDB_DEVICE_MODULE("xdb-exporter", &exporter_fops);

MODULE_DESCRIPTION("Makes odd dma-bufs, for tests");
MODULE_LICENSE("GPL");
XDB_IMPORT_DMA_BUF();
