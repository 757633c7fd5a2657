// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "args.h"
#include "common/png-file.h"
#include "picture/image.h"
#include "say.h"
#include "share/peer.h"
#include "share/refs.h"
#include "share/share.h"
#include "share/source.h"
#include "system/node.h"
#include "system/store.h"

/* 65,535 references of ten digits each, and a header */
#define REFS_TEXT_MAX (1U << 20)

/* Tells the user why the page directory of a share cannot be read */
static int directory_failed(const struct xt_source *src, const char *name,
			    const char *peer, int err)
{
	static const char gntdev[] = "/dev/xen/gntdev";
	int access = xt_node_check(gntdev);
	struct xt_refusal refusal;

	if (!access)
		return xt_fail(
			"cannot read the %u references of share '%s' of domain '%s': %s",
			src->pic.pages, name, peer,
			xendmabuf_explain(NULL, err));
	xt_node_refused(gntdev, access, "as root: modprobe xen-gntdev",
			&refusal);
	return xt_fail(
		"cannot read the references of share '%s' of domain '%s': %s. Try: %s",
		name, peer, refusal.why, refusal.advice);
}

static int read_from_share(const struct xt_command *cmd, struct xs_handle *xs,
			   const char *where, struct xt_source *src)
{
	char peer[XT_PEER_NAME_MAX];
	struct xt_refusal refusal;
	struct xt_share share;
	const char *name;
	uint16_t self;
	int err;

	if (xt_peer_split(where, peer, sizeof(peer), &name))
		return xt_usage(cmd, "'%s' is not DOMAIN:NAME", where);
	if (!xt_share_name_check(name))
		return xt_usage(cmd, "'%s' is not a valid name: %s", name,
				xt_share_explain(-EINVAL));
	err = xt_peer_find(xs, peer, &src->domid);
	if (err)
		return xt_fail("cannot find domain '%s': %s", peer,
			       xt_peer_find_explain(err));
	if (!xs) {
		xt_store_refused(&refusal);
		return xt_fail(
			"cannot look up '%s': xenstore cannot be reached: %s. Try: %s",
			where, refusal.why, refusal.advice);
	}
	err = xt_share_find(xs, src->domid, name, &share);
	if (err)
		return xt_fail("cannot look up share '%s' of domain '%s': %s",
			       name, peer, xt_share_explain(err));
	if (!xt_peer_self(xs, &self) && self != share.peer)
		return xt_fail(
			"share '%s' of domain '%s' is for domain %u, but this is domain %u",
			name, peer, share.peer, self);
	src->pic = share.pic;
	src->refs = calloc(share.pic.pages, sizeof(*src->refs));
	if (!src->refs)
		return xt_fail("out of memory");
	err = xendmabuf_directory_read(src->domid, share.directory, src->refs,
				       share.pic.pages);
	return err ? directory_failed(src, name, peer, err) : 0;
}

static int read_from_file(struct xs_handle *xs, const char *from,
			  const char *file, struct xt_source *src)
{
	FILE *f = stdin;
	char *text;
	size_t len;
	int err;

	err = xt_peer_find(xs, from, &src->domid);
	if (err)
		return xt_fail("cannot find domain '%s': %s", from,
			       xt_peer_find_explain(err));
	if (strcmp(file, "-")) {
		f = fopen(file, "re");
		if (!f)
			return xt_fail("cannot read references from %s: %s",
				       file, strerror(errno));
	}
	text = malloc(REFS_TEXT_MAX);
	if (!text) {
		if (f != stdin)
			fclose(f);
		return xt_fail("out of memory");
	}
	len = fread(text, 1, REFS_TEXT_MAX, f);
	err = ferror(f) ? -EIO : 0;
	if (f != stdin)
		fclose(f);
	if (!err && len == REFS_TEXT_MAX)
		err = -ERANGE;
	if (!err)
		err = xt_refs_read(text, len, &src->pic, &src->refs);
	free(text);
	switch (err) {
	case 0:
		return 0;
	case -EINVAL:
	case -EPROTO:
		return xt_fail(
			"cannot read references from %s: neither the output of `xendmabuf grant --refs` nor a list of numbers",
			file);
	case -ERANGE:
		return xt_fail(
			"cannot read references from %s: there must be 1 to %u of them",
			file, XT_SHARE_PAGES_MAX);
	default:
		return xt_fail("cannot read references from %s: %s", file,
			       xt_share_explain(err));
	}
}

int xt_place_end(const struct xt_command *cmd, int argc, char **argv,
		 struct xt_place *place)
{
	if (optind < argc)
		place->share = argv[optind++];
	return xt_arg_end(cmd, argc, argv);
}

int xt_source_read(const struct xt_command *cmd, const struct xt_place *place,
		   struct xt_source *src)
{
	const char *share = place->share;
	struct xs_handle *xs;
	int ret;

	memset(src, 0, sizeof(*src));
	if (share && (place->from || place->refs))
		return xt_usage(cmd,
				"use either DOMAIN:NAME, or --from and --refs");
	if (!share && (!place->from || !place->refs))
		return xt_usage(
			cmd,
			"no share given: use DOMAIN:NAME, or --from DOMAIN --refs FILE");
	xs = xs_open(0);
	snprintf(src->who, sizeof(src->who), "%s", share ? share : place->from);
	ret = share ? read_from_share(cmd, xs, share, src)
		    : read_from_file(xs, place->from, place->refs, src);
	xs_close(xs);
	if (ret)
		xt_source_free(src);
	return ret;
}

void xt_source_free(struct xt_source *src)
{
	free(src->refs);
	src->refs = NULL;
}

int xt_source_map(struct xendmabuf *x, const struct xt_source *src,
		  unsigned int flags, int *dmabuf,
		  struct xendmabuf_lease **lease)
{
	int err;

	err = xendmabuf_map_for_device(x, src->domid, src->refs, src->pic.pages,
				       flags, src->dma_bits, dmabuf, lease);
	if (!err)
		return 0;
	return xt_fail("cannot map %s: %s", src->who,
		       xendmabuf_explain(x, err));
}

int xt_source_save(const struct xt_source *src, int dmabuf, const char *path)
{
	const struct xt_picture *pic = &src->pic;
	size_t len = (size_t)pic->pages * XENDMABUF_PAGE_SIZE;
	void *map;
	int err;

	if (!pic->width || pic->format != XT_SHARE_XRGB8888)
		return xt_fail(
			"cannot write %s: %s is not known to be an XRGB8888 picture",
			path, src->who);
	map = mmap(NULL, len, PROT_READ, MAP_SHARED, dmabuf, 0);
	if (map == MAP_FAILED)
		return xt_fail("cannot mmap the dma-buf of %s: %s", src->who,
			       strerror(errno));
	err = xendmabuf_access_begin(dmabuf, XENDMABUF_READ);
	/* ENOTTY: memory that was copied is no dma-buf */
	if (!err || err == -ENOTTY) {
		err = xdc_png_save(path, map, pic->width, pic->height,
				   pic->stride);
		xendmabuf_access_end(dmabuf, XENDMABUF_READ);
	}
	munmap(map, len);
	if (err)
		return xt_fail("cannot write %s: %s", path, strerror(-err));
	return 0;
}
