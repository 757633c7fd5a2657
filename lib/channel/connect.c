// SPDX-License-Identifier: LGPL-2.1-or-later
/* Channels by name, at the daemon's control socket */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/channel/handle.h"
#include "lib/channel/socket.h"
#include "lib/channel/wire.h"

/* ms: more than the daemon waits for the other domain */
#define PATIENCE 35000
#define FLAGS (XENDMABUF_CHANNEL_NONBLOCK | XENDMABUF_CHANNEL_LATE)
/* A channel and its second socket */
#define SOCKETS 2U

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* At least 1, as 0 would be no limit */
static int left_ms(int64_t until)
{
	int64_t left = until - now_ms();

	return left < 1 ? 1 : (int)left;
}

/* connect() waits for as long as a socket may for sending; EAGAIN: that was too long */
static int connect_until(int fd, const struct sockaddr_un *address,
			 int64_t until)
{
	int left = left_ms(until);
	struct timeval limit = {
		.tv_sec = left / 1000,
		.tv_usec = left % 1000 * 1000,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
		return -errno;
	return connect(fd, (const struct sockaddr *)address, sizeof(*address))
		       ? -errno
		       : 0;
}

/* @type: SOCK_NONBLOCK or 0 */
static int connect_daemon(int type, int64_t until)
{
	const char *path = secure_getenv("XEN_CHANNEL_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	if (!path)
		path = XCW_CONTROL_PATH;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | type, 0);
	if (fd < 0)
		return -errno;
	do
		err = connect_until(fd, &address, until);
	while (err == -EINTR && now_ms() < until);
	if (!err)
		return fd;
	close(fd);
	return (err == -EAGAIN && !type) || err == -EINTR ? -ETIMEDOUT : err;
}

/* Blanks separate the words of a request; a domain's name may be in any letters */
static bool is_word(const char *text)
{
	size_t i, len = text ? strlen(text) : 0;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	return len && len < XENDMABUF_CHANNEL_NAME_MAX;
}

static void close_all(const int *fds, size_t nr)
{
	while (nr)
		close(fds[--nr]);
}

/* A datagram of text.  EPIPE: the daemon has closed its end */
static int receive_line(int fd, char *line, int *fds, size_t *nr, int flags)
{
	ssize_t n =
		xdl_socket_receive(fd, line, XCW_LINE_MAX - 1, fds, nr, flags);

	if (n < 0)
		return (int)n;
	line[n] = '\0';
	if (n)
		return 0;
	close_all(fds, *nr);
	*nr = 0;
	return -EPIPE;
}

/* The errno value of "error ERRNO TEXT", or EPROTO */
static int parse_error(const char *line)
{
	int err;

	return sscanf(line, "error %d ", &err) == 1 && err > 0 && err < 4096
		       ? -err
		       : -EPROTO;
}

/* Cuts the last word off; NULL: there is none before it */
static char *cut_word(char *line)
{
	char *blank = strrchr(line, ' ');

	if (!blank)
		return NULL;
	*blank = '\0';
	return blank + 1;
}

/* "SERVICE NAME DOMID TYPE", where a name may have blanks */
static int parse_peer(char *text, struct xendmabuf_channel_peer *peer)
{
	char *type = cut_word(text), *domid = type ? cut_word(text) : NULL;
	char *name = domid ? strchr(text, ' ') : NULL;

	if (!name)
		return -EPROTO;
	*name++ = '\0';
	memset(peer, 0, sizeof(*peer));
	if (strlen(name) >= sizeof(peer->name) ||
	    strlen(text) >= sizeof(peer->service) ||
	    sscanf(domid, "%u", &peer->domid) != 1)
		return -EPROTO;
	strcpy(peer->name, name);
	strcpy(peer->service, text);
	peer->type = !strcmp(type, "seqpacket") ? SOCK_SEQPACKET : SOCK_STREAM;
	return 0;
}

/* What is behind the word of a line that brings a channel; NULL: it brings none */
static char *find_peer(char *line)
{
	static const char *const words[] = { "ok ", "channel " };
	size_t i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i]);
		if (!strncmp(line, words[i], len))
			return line + len;
	}
	return NULL;
}

static int take_channel(char *line, const int *fds, size_t nr,
			unsigned int flags, struct xendmabuf_channel **out)
{
	struct xendmabuf_channel_peer peer;
	char *text = find_peer(line);
	int err;

	if (!strncmp(line, "error ", 6))
		err = parse_error(line);
	else if (nr != SOCKETS || !text)
		err = -EPROTO;
	else
		err = parse_peer(text, &peer);
	if (!err)
		return xdl_channel_create(&peer, fds, flags, out);
	close_all(fds, nr);
	return err;
}

/* The socket on which the daemon will answer */
static int send_request(const char *line, int type, int64_t until)
{
	int fd = connect_daemon(type, until);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = xdl_socket_send(fd, line, strlen(line), NULL, 0, 0);
	/* one that is too busy has closed its end already, and says so in its answer */
	if (n >= 0 || n == -EPIPE)
		return fd;
	close(fd);
	return (int)n;
}

/* The daemon's answer comes within the time; the socket, or why there is none */
static int request_answer(const char *line)
{
	int64_t until = now_ms() + PATIENCE;
	int fd = send_request(line, 0, until), err;

	if (fd < 0)
		return fd;
	do
		err = xdl_socket_await(fd, left_ms(until));
	while (err == -EINTR && now_ms() < until);
	if (err == -EINTR)
		err = -ETIMEDOUT;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static const char *late_option(unsigned int flags)
{
	return flags & XENDMABUF_CHANNEL_LATE ? " " XCW_OPTION_LATE : "";
}

static int write_connect(char *line, const char *peer, const char *service,
			 unsigned int flags)
{
	if (!is_word(peer) || !is_word(service) || flags & ~FLAGS)
		return -EINVAL;
	snprintf(line, XCW_LINE_MAX, "connect %s %s " XCW_OPTION_EVENTS "%s",
		 peer, service, late_option(flags));
	return 0;
}

XDL_API int xendmabuf_channel_connect(const char *peer, const char *service,
				      unsigned int flags,
				      struct xendmabuf_channel **out)
{
	char line[XCW_LINE_MAX];
	int fds[SOCKETS], fd, err;
	size_t nr = SOCKETS;

	err = write_connect(line, peer, service, flags);
	if (err)
		return err;
	fd = request_answer(line);
	if (fd < 0)
		return fd;
	err = receive_line(fd, line, fds, &nr, 0);
	close(fd);
	return err ? err : take_channel(line, fds, nr, flags, out);
}

XDL_API int xendmabuf_channel_connect_start(const char *peer,
					    const char *service,
					    unsigned int flags, int *pending)
{
	char line[XCW_LINE_MAX];
	int err = write_connect(line, peer, service, flags), fd;

	if (err)
		return err;
	fd = send_request(
		line, flags & XENDMABUF_CHANNEL_NONBLOCK ? SOCK_NONBLOCK : 0,
		now_ms() + PATIENCE);
	if (fd < 0)
		return fd;
	*pending = fd;
	return 0;
}

XDL_API int xendmabuf_channel_listen(const char *service, unsigned int flags,
				     int *listener)
{
	char line[XCW_LINE_MAX];
	size_t nr = 0;
	int fd, err;

	if (!is_word(service) || flags & ~FLAGS)
		return -EINVAL;
	snprintf(line, sizeof(line), "listen %s " XCW_OPTION_EVENTS "%s",
		 service, late_option(flags));
	fd = request_answer(line);
	if (fd < 0)
		return fd;
	err = receive_line(fd, line, NULL, &nr, 0);
	if (!err && strcmp(line, "ok"))
		err = parse_error(line);
	if (!err && flags & XENDMABUF_CHANNEL_NONBLOCK &&
	    fcntl(fd, F_SETFL, O_NONBLOCK))
		err = -errno;
	if (err)
		close(fd);
	else
		*listener = fd;
	return err;
}

XDL_API int xendmabuf_channel_accept(int listener,
				     struct xendmabuf_channel **out)
{
	char line[XCW_LINE_MAX];
	size_t nr = SOCKETS;
	int fds[SOCKETS], status = fcntl(listener, F_GETFL), err;

	if (status < 0)
		return -errno;
	err = receive_line(listener, line, fds, &nr, 0);
	if (err)
		return err;
	return take_channel(
		line, fds, nr,
		status & O_NONBLOCK ? XENDMABUF_CHANNEL_NONBLOCK : 0, out);
}
