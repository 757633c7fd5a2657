// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/letter.h"

#define PAGE 4096U
/* What the line takes at most, with its end */
#define LINE_MAX_BYTES 128U

static int send_all(struct xendmabuf_channel *ch, const char *data, size_t len,
		    int fd)
{
	ssize_t n;

	while (len) {
		n = xendmabuf_channel_send(ch, data, len, &fd, fd >= 0, 0);
		if (n < 0)
			return (int)n;
		/* it has gone with the first byte */
		fd = -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int xt_letter_send(struct xendmabuf_channel *ch, const struct xt_letter *l)
{
	char text[XENDMABUF_CHANNEL_DATAGRAM_MAX], fourcc[5];
	int len;

	if (l->len > XT_LETTER_METADATA_MAX)
		return -EMSGSIZE;
	len = snprintf(text, LINE_MAX_BYTES,
		       "xendmabuf-picture 1 %u %u %u %s %zu\n", l->pic.width,
		       l->pic.height, l->pic.stride,
		       xt_fourcc_text(l->pic.format, fourcc), l->len);
	if (l->len)
		memcpy(text + len, l->metadata, l->len);
	return send_all(ch, text, (size_t)len + l->len, l->memory);
}

static int parse_line(const char *line, struct xt_letter *l)
{
	char fourcc[8] = "";

	if (sscanf(line, "xendmabuf-picture 1 %u %u %u %7s %zu", &l->pic.width,
		   &l->pic.height, &l->pic.stride, fourcc, &l->len) != 5 ||
	    !l->pic.width || l->len > XT_LETTER_METADATA_MAX ||
	    xt_fourcc_parse(fourcc, &l->pic.format))
		return -EPROTO;
	return 0;
}

/* The picture must be in the memory that has come */
static int check_memory(struct xt_letter *l)
{
	struct stat st;

	if (l->memory < 0)
		return -EPROTO;
	if (fstat(l->memory, &st))
		return -errno;
	if (st.st_size <= 0 || st.st_size / PAGE >= XT_SHARE_PAGES_MAX)
		return -EPROTO;
	l->pic.pages = (uint32_t)((st.st_size + PAGE - 1) / PAGE);
	return xt_picture_check(&l->pic);
}

/* More bytes, and the memory if it comes with them */
static int receive_more(struct xendmabuf_channel *ch, char *text, size_t *len,
			int *memory)
{
	size_t nr = *memory < 0;
	ssize_t n = xendmabuf_channel_recv(
		ch, text + *len, XENDMABUF_CHANNEL_DATAGRAM_MAX - *len, memory,
		&nr, 0);

	if (n == -EINTR)
		return 0;
	if (n > 0)
		*len += (size_t)n;
	return n < 0 ? (int)n : n ? 0 : -EPIPE;
}

/* 1: complete.  0: not yet */
static int parse_text(const char *text, size_t len, struct xt_letter *l)
{
	const char *end = memchr(text, '\n', len);
	char line[LINE_MAX_BYTES];
	size_t head = end ? (size_t)(end - text) : len;
	int err;

	if (head >= sizeof(line))
		return -EPROTO;
	if (!end)
		return 0;
	memcpy(line, text, head);
	line[head] = '\0';
	err = parse_line(line, l);
	if (err)
		return err;
	if (len - head - 1 < l->len)
		return 0;
	l->metadata = l->len ? malloc(l->len) : NULL;
	if (l->metadata)
		memcpy(l->metadata, end + 1, l->len);
	return l->len && !l->metadata ? -ENOMEM : 1;
}

int xt_letter_receive(struct xendmabuf_channel *ch, struct xt_letter *l)
{
	char text[XENDMABUF_CHANNEL_DATAGRAM_MAX];
	size_t len = 0;
	int ret = 0;

	memset(l, 0, sizeof(*l));
	l->memory = -1;
	while (!ret) {
		ret = receive_more(ch, text, &len, &l->memory);
		if (!ret)
			ret = parse_text(text, len, l);
	}
	if (ret > 0)
		ret = check_memory(l);
	if (ret < 0)
		xt_letter_free(l);
	return ret;
}

void xt_letter_free(struct xt_letter *l)
{
	if (l->memory >= 0)
		close(l->memory);
	free(l->metadata);
	l->memory = -1;
	l->metadata = NULL;
}
