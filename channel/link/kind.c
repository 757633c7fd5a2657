// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sync_file.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#include "link/kind.h"

#define PAGE 4096U
/* newer than some distributions' headers */
#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static const char *const names[XCH_KINDS] = {
	[XCH_KIND_DMABUF] = "dma-buf",
	[XCH_KIND_MEMFD] = "memfd",
	[XCH_KIND_FILE] = "regular file",
	[XCH_KIND_PIPE] = "pipe",
	[XCH_KIND_STREAM] = "stream socket",
	[XCH_KIND_SEQPACKET] = "seqpacket socket",
	[XCH_KIND_FENCE] = "sync_file",
	[XCH_KIND_SOCKET] = "socket that is no connected AF_UNIX stream",
	[XCH_KIND_DEVICE] = "device",
	[XCH_KIND_DIRECTORY] = "directory",
	[XCH_KIND_ANONYMOUS] = "eventfd, syncobj or the like",
	[XCH_KIND_OTHER] = "other file",
};

const char *xch_kind_name(enum xch_kind kind)
{
	return names[kind];
}

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static enum xch_kind look_at_socket(int fd)
{
	int type = socket_option(fd, SO_TYPE);
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (socket_option(fd, SO_DOMAIN) != AF_UNIX ||
	    getpeername(fd, (struct sockaddr *)&peer, &len))
		return XCH_KIND_SOCKET;
	if (type == SOCK_STREAM)
		return XCH_KIND_STREAM;
	return type == SOCK_SEQPACKET ? XCH_KIND_SEQPACKET : XCH_KIND_SOCKET;
}

/* Only sync_files know this call among the files that have no inode */
static bool is_fence(int fd)
{
	struct sync_file_info info;

	memset(&info, 0, sizeof(info));
	return !ioctl(fd, SYNC_IOC_FILE_INFO, &info);
}

/* Files on tmpfs and hugetlbfs answer to seals; statfs() does not block there */
static enum xch_kind look_at_memory(int fd, int seals, struct xch_facts *out)
{
	struct statfs fs;

	out->tmpfs = true;
	out->huge = !fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC;
	/* a file that was not made for sealing has this seal, and no other */
	if (seals == F_SEAL_SEAL)
		return XCH_KIND_FILE;
	out->seals = (unsigned int)seals;
	return XCH_KIND_MEMFD;
}

/*
 * The kernel may know no other way to read the file than to wait, for as long as a
 * server likes.  An empty one need not be read.
 */
static bool must_wait(int fd)
{
	char byte;
	struct iovec iov = { &byte, 1 };

	return preadv2(fd, &iov, 1, 0, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP;
}

static enum xch_kind look_at_file(int fd, struct xch_facts *out)
{
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0)
		return look_at_memory(fd, seals, out);
	out->waits = out->readable && out->size && must_wait(fd);
	return XCH_KIND_FILE;
}

/* Files of the kernel's own have no type, and their statfs() does not block */
static enum xch_kind look_at_kernel_file(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return XCH_KIND_OTHER;
	if (fs.f_type == DMA_BUF_MAGIC)
		return XCH_KIND_DMABUF;
	if (fs.f_type != ANON_INODE_FS_MAGIC)
		return XCH_KIND_OTHER;
	return is_fence(fd) ? XCH_KIND_FENCE : XCH_KIND_ANONYMOUS;
}

static enum xch_kind look_at_type(int fd, unsigned int mode,
				  struct xch_facts *out)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return look_at_socket(fd);
	case S_IFIFO:
		return XCH_KIND_PIPE;
	case S_IFDIR:
		return XCH_KIND_DIRECTORY;
	case S_IFCHR:
	case S_IFBLK:
		return XCH_KIND_DEVICE;
	case S_IFREG:
		return look_at_file(fd, out);
	case 0:
		return look_at_kernel_file(fd);
	default:
		return XCH_KIND_OTHER;
	}
}

int xch_kind_look(int fd, struct xch_facts *out)
{
	struct statx st;
	int flags = fcntl(fd, F_GETFL);

	memset(out, 0, sizeof(*out));
	/* what the kernel knows already, without asking a server */
	if (flags < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
			       STATX_TYPE | STATX_SIZE, &st))
		return -errno;
	out->size = st.stx_size;
	if (flags & O_PATH) {
		out->kind = XCH_KIND_OTHER;
		return 0;
	}
	out->readable = (flags & O_ACCMODE) != O_WRONLY;
	out->writable = (flags & O_ACCMODE) != O_RDONLY;
	out->kind = look_at_type(fd, st.stx_mode, out);
	return 0;
}

static enum xch_treatment refuse_with(const char **why, const char *reason)
{
	*why = reason;
	return XCH_REFUSE;
}

static enum xch_treatment copy_if_small(const struct xch_facts *facts,
					const struct xch_rules *rules,
					const char **why, const char *reason)
{
	if (!facts->readable)
		return refuse_with(why, "not open for reading");
	if (facts->size > rules->max_copy)
		return refuse_with(why,
				   reason ? reason : "larger than max-copy");
	if (facts->waits)
		return refuse_with(
			why,
			"its file system cannot be read without waiting, as overlayfs, NFS and FUSE cannot; send a memfd with its content");
	*why = reason;
	return XCH_COPY;
}

/* Why memory cannot become a dma-buf over the same pages; NULL: it can */
static const char *why_not_share(const struct xch_facts *facts,
				 const struct xch_rules *rules)
{
	if (!rules->grants)
		return "buffers cannot be granted or mapped";
	if (!rules->udmabuf)
		return "no udmabuf";
	if (facts->huge)
		return "memory in huge pages";
	if (facts->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return "sealed against writing";
	if (facts->seals & F_SEAL_SEAL && !(facts->seals & F_SEAL_SHRINK))
		return "cannot be sealed against shrinking";
	if (!facts->writable)
		return "not open for writing";
	if (!facts->size)
		return "empty";
	if (facts->size % PAGE && facts->seals & F_SEAL_GROW)
		return "cannot grow to whole pages";
	if (facts->size > rules->udmabuf_max)
		return "larger than udmabuf allows";
	return NULL;
}

static enum xch_treatment decide_memory(const struct xch_facts *facts,
					const struct xch_rules *rules,
					const char **why)
{
	const char *reason;

	/* content that cannot change need not be shared */
	if (facts->seals & F_SEAL_WRITE)
		return copy_if_small(facts, rules, why, NULL);
	reason = why_not_share(facts, rules);
	return reason ? copy_if_small(facts, rules, why, reason)
		      : XCH_SHARE_MEMORY;
}

static enum xch_treatment decide_pipe(const struct xch_facts *facts,
				      const char **why)
{
	/* a FIFO may be open for both */
	if (facts->readable == facts->writable)
		return refuse_with(why, "pipe open for reading and writing");
	return facts->readable ? XCH_RELAY_FROM_PIPE : XCH_RELAY_TO_PIPE;
}

static unsigned int rule_of(enum xch_kind kind)
{
	switch (kind) {
	case XCH_KIND_DMABUF:
		return XCH_FDS_DMABUF;
	case XCH_KIND_MEMFD:
	case XCH_KIND_FILE:
		return XCH_FDS_MEMORY;
	case XCH_KIND_FENCE:
		return XCH_FDS_SYNC;
	case XCH_KIND_PIPE:
	case XCH_KIND_STREAM:
	case XCH_KIND_SEQPACKET:
		return XCH_FDS_PIPE;
	default:
		return 0;
	}
}

enum xch_treatment xch_kind_decide(const struct xch_facts *facts,
				   const struct xch_rules *rules,
				   const char **why)
{
	unsigned int rule = rule_of(facts->kind);

	*why = NULL;
	if (!rule)
		return refuse_with(why,
				   "descriptors of this kind cannot be sent");
	if (!(rules->fds & rule))
		return refuse_with(why, "the service does not allow this kind");
	switch (facts->kind) {
	case XCH_KIND_DMABUF:
		return rules->grants
			       ? XCH_SHARE
			       : refuse_with(
					 why,
					 "buffers cannot be granted or mapped");
	case XCH_KIND_MEMFD:
		return decide_memory(facts, rules, why);
	case XCH_KIND_FILE:
		/* the other end could not see what is written later */
		return facts->writable
			       ? refuse_with(why, "file open for writing")
			       : copy_if_small(facts, rules, why, NULL);
	case XCH_KIND_FENCE:
		return XCH_WAIT;
	case XCH_KIND_PIPE:
		return decide_pipe(facts, why);
	case XCH_KIND_STREAM:
		return XCH_RELAY_STREAM;
	default:
		return XCH_RELAY_SEQPACKET;
	}
}
