// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of a camera that another domain keeps while the camera stops.
 *
 * channel-camera DEVICE ACCESS PEER SERVICE: exports a frame of the V4L2 device,
 * read-only or read-write, and sends it to channel-camera --look.  Then it stops the
 * camera, frees its buffers, and lets it take other pictures: the other program must
 * see the frame that it got.  Tells what is seen at this end.
 *
 * channel-camera --look: maps what has come, and tells of it whenever it is asked.  The
 * channel is its standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "fd-message.h"

#define PAGE 4096U
#define BUFFERS 4U
#define WIDTH 320U
#define HEIGHT 180U
#define PICTURES 12U /* all buffers three times */
#define PATIENCE 40000 /* ms */
#define HELD 2000 /* ms */

static int fail(const char *what, int err)
{
	printf("%s: %s\n", what, strerror(err < 0 ? -err : errno));
	return 1;
}

/* FNV-1a */
static uint64_t sum_of(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325U;

	while (len--)
		sum = (sum ^ *bytes++) * 0x100000001b3U;
	return sum;
}

/* ---- the camera ---- */

struct camera {
	int fd;
	uint8_t *at[BUFFERS];
	size_t len;
};

static bool request_buffers(int fd, unsigned int nr)
{
	struct v4l2_requestbuffers arg = {
		.count = nr,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	return !ioctl(fd, VIDIOC_REQBUFS, &arg) && arg.count == nr;
}

static bool switch_stream(int fd, bool on)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	return !ioctl(fd, on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF, &type);
}

static bool queue_buffer(int fd, unsigned int index)
{
	struct v4l2_buffer arg = {
		.index = index,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	return !ioctl(fd, VIDIOC_QBUF, &arg);
}

/* The index of the buffer with the next picture, or -1 */
static int next_picture(int fd)
{
	struct v4l2_buffer arg = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	return ioctl(fd, VIDIOC_DQBUF, &arg) ? -1 : (int)arg.index;
}

static bool map_buffer(struct camera *c, unsigned int index)
{
	struct v4l2_buffer arg = {
		.index = index,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	if (ioctl(c->fd, VIDIOC_QUERYBUF, &arg))
		return false;
	/* in whole pages, which is what the dma-buf has */
	c->len = (arg.length + PAGE - 1) / PAGE * PAGE;
	c->at[index] = mmap(NULL, c->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			    c->fd, arg.m.offset);
	return c->at[index] != MAP_FAILED;
}

static bool start_camera(struct camera *c)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix = { .width = WIDTH,
			     .height = HEIGHT,
			     .pixelformat = V4L2_PIX_FMT_XBGR32,
			     .field = V4L2_FIELD_NONE },
	};
	unsigned int i;

	if (ioctl(c->fd, VIDIOC_S_FMT, &format) ||
	    !request_buffers(c->fd, BUFFERS))
		return false;
	for (i = 0; i < BUFFERS; i++)
		if (!map_buffer(c, i) || !queue_buffer(c->fd, i))
			return false;
	return switch_stream(c->fd, true);
}

/* Although another domain has one of its buffers */
static bool stop_camera(struct camera *c)
{
	unsigned int i;

	if (!switch_stream(c->fd, false))
		return false;
	for (i = 0; i < BUFFERS; i++)
		munmap(c->at[i], c->len);
	return request_buffers(c->fd, 0);
}

static int export_buffer(int fd, unsigned int index, int access)
{
	struct v4l2_exportbuffer arg = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.index = index,
		.flags = (uint32_t)access | O_CLOEXEC,
	};

	return ioctl(fd, VIDIOC_EXPBUF, &arg) ? -errno : arg.fd;
}

static bool take_pictures(struct camera *c)
{
	unsigned int i;
	int index;

	if (!start_camera(c))
		return false;
	for (i = 0; i < PICTURES; i++) {
		index = next_picture(c->fd);
		if (index < 0 || !queue_buffer(c->fd, (unsigned int)index))
			return false;
	}
	return stop_camera(c);
}

/* ---- the end that has the camera ---- */

static bool send_text(struct xendmabuf_channel *ch, const char *text,
		      const int *fd)
{
	return xendmabuf_channel_send(ch, text, strlen(text), fd, !!fd, 0) ==
	       (ssize_t)strlen(text);
}

static bool is_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

/* The other program's next message */
static bool hear(struct xendmabuf_channel *ch, char *text, size_t size)
{
	ssize_t n;

	if (!is_readable(xendmabuf_channel_fd(ch), PATIENCE))
		return false;
	n = xendmabuf_channel_recv(ch, text, size - 1, NULL, NULL, 0);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* It tells how it could map the frame, and what it sees */
static bool ask(struct xendmabuf_channel *ch, uint64_t sum)
{
	char said[64], want[32];

	if (!hear(ch, said, sizeof(said)))
		return false;
	snprintf(want, sizeof(want), "%016llx", (unsigned long long)sum);
	printf("%s\n", strcmp(said, want) ? "another frame" : "this frame");
	return true;
}

static const char *next_event(struct xendmabuf_channel *ch, int events, int ms)
{
	struct xendmabuf_channel_event event;

	if (!is_readable(events, ms))
		return "held";
	if (xendmabuf_channel_event(ch, &event, sizeof(event)))
		return "no event";
	return event.type == XENDMABUF_CHANNEL_RETURNED ? "returned"
							: "strange event";
}

static int send_frame(struct xendmabuf_channel *ch, struct camera *c,
		      int access, uint64_t *sum)
{
	int index = next_picture(c->fd), fd;
	char said[64];

	if (index < 0)
		return fail("no picture", 0);
	*sum = sum_of(c->at[index], c->len);
	fd = export_buffer(c->fd, (unsigned int)index, access);
	if (fd < 0)
		return fail("VIDIOC_EXPBUF", fd);
	if (!send_text(ch, "frame", &fd) || !hear(ch, said, sizeof(said)))
		return fail("not sent", 0);
	printf("%s\n", said);
	return close(fd);
}

static int run(struct xendmabuf_channel *ch, const char *device, int access)
{
	struct camera c = { .fd = open(device, O_RDWR | O_CLOEXEC) };
	int events = xendmabuf_channel_event_fd(ch);
	uint64_t sum = 0;

	if (c.fd < 0 || !start_camera(&c))
		return fail(device, 0);
	if (events < 0)
		return fail("events", events);
	if (send_frame(ch, &c, access, &sum))
		return 1;
	if (!ask(ch, sum))
		return fail("no answer", 0);
	if (!stop_camera(&c))
		return fail("not stopped", 0);
	printf("stopped\n");
	if (!take_pictures(&c))
		return fail("no other pictures", 0);
	if (!send_text(ch, "look", NULL) || !ask(ch, sum))
		return fail("no answer", 0);
	printf("%s\n", next_event(ch, events, HELD));
	close(c.fd);
	if (!send_text(ch, "go", NULL))
		return fail("not sent", 0);
	printf("%s\n", next_event(ch, events, PATIENCE));
	return 0;
}

/* ---- the other end, without the library's calls for it ---- */

static bool say(const char *text)
{
	return write(STDOUT_FILENO, text, strlen(text)) ==
	       (ssize_t)strlen(text);
}

static bool say_sum(const uint8_t *bytes, size_t len)
{
	char text[32];

	snprintf(text, sizeof(text), "%016llx",
		 (unsigned long long)sum_of(bytes, len));
	return say(text);
}

static int look(void)
{
	const uint8_t *at;
	char byte[16];
	void *writable;
	size_t len;
	int fd;

	if (fd_message_receive(STDIN_FILENO, byte, sizeof(byte), 0, &fd) <= 0 ||
	    fd < 0)
		return 1;
	len = (size_t)lseek(fd, 0, SEEK_END);
	at = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	writable = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return !say("not mapped");
	say(writable == MAP_FAILED ? "for reading" : "for writing");
	if (writable != MAP_FAILED)
		munmap(writable, len);
	close(fd);
	say_sum(at, len);
	if (read(STDIN_FILENO, byte, sizeof(byte)) <= 0 || !say_sum(at, len))
		return 1;
	/* the mapping ends with the process */
	return read(STDIN_FILENO, byte, sizeof(byte)) <= 0;
}

int main(int argc, char **argv)
{
	struct xendmabuf_channel *ch;
	int err, access;

	if (argc == 2 && !strcmp(argv[1], "--look"))
		return look();
	if (argc != 5)
		return 2;
	access = strcmp(argv[2], "read-write") ? O_RDONLY : O_RDWR;
	setbuf(stdout, NULL);
	err = xendmabuf_channel_connect(argv[3], argv[4], 0, &ch);
	return err ? fail("connect", err) : run(ch, argv[1], access);
}
