// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-talk SOCKET: what comes in goes to the socket, and what comes from there
 * goes out, until both have ended.
 *
 * channel-talk --memory SOCKET: sends a memfd.  The program at the other end finds a
 * pattern in what it gets, and writes another one there: this one sees it.
 *
 * channel-talk --answer: is that other program, with a channel as its input and
 * output.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd-message.h"

#define SIZE (1 << 20)
#define PATIENCE 240000 /* ms */

static int fail(const char *what)
{
	fprintf(stderr, "channel-talk: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= (size_t)n) {
		n = write(fd, data, len);
		if (n < 0)
			return false;
	}
	return true;
}

/* 1: some bytes, 0: the end, -1: an error */
static int move(int from, int to)
{
	static char data[65536];
	ssize_t n = read(from, data, sizeof(data));

	if (n <= 0)
		return (int)n;
	return write_all(to, data, (size_t)n) ? 1 : -1;
}

static int talk(int fd)
{
	struct pollfd p[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int ret;

	for (;;) {
		if (poll(p, 2, PATIENCE) <= 0)
			return fail("nothing comes");
		ret = p[0].revents ? move(STDIN_FILENO, fd) : 1;
		if (ret < 0)
			return fail("sending");
		if (!ret) {
			shutdown(fd, SHUT_WR);
			p[0].fd = -1;
		}
		ret = p[1].revents ? move(fd, STDOUT_FILENO) : 1;
		if (ret < 0)
			return fail("receiving");
		if (!ret)
			return 0;
	}
}

static bool is_filled(const unsigned char *p, unsigned char with)
{
	size_t i;

	for (i = 0; i < SIZE; i++)
		if (p[i] != with)
			return false;
	return true;
}

/* Another page takes the place of one, as foot does it to its windows' */
static bool change_page(int fd)
{
	return !fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  3 * 4096, 4096);
}

/* Sent three times: the second time costs no grant, the third has another page */
static int send_memory(int socket)
{
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING), i;
	unsigned char *p;
	char line[256];
	ssize_t n;

	if (fd < 0 || ftruncate(fd, SIZE))
		return fail("memfd");
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return fail("mmap");
	for (i = 0; i < 3; i++) {
		if (i == 2 && !change_page(fd))
			return fail("fallocate");
		memset(p, 'a', SIZE);
		if (fd_message_send(socket, "m", 1, fd) != 1)
			return fail("sending the memory");
		n = read(socket, line, sizeof(line) - 1);
		if (n <= 0)
			return fail("no answer");
		line[n] = '\0';
		fputs(line, stdout);
		printf("%s\n", is_filled(p, 'b') ? "same pages" : "a copy");
	}
	return 0;
}

static const char *look_at_memory(int fd)
{
	unsigned char *p =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bool filled;

	if (p == MAP_FAILED && errno == EPERM)
		return "sealed\n";
	if (p == MAP_FAILED)
		return "cannot be mapped\n";
	filled = is_filled(p, 'a');
	memset(p, 'b', SIZE);
	munmap(p, SIZE);
	return filled ? "as it was sent\n" : "not as it was sent\n";
}

static int answer(void)
{
	const char *line;
	char byte;
	int fd;

	while (fd_message_receive(STDIN_FILENO, &byte, 1, 0, &fd) == 1 &&
	       fd >= 0) {
		line = look_at_memory(fd);
		close(fd);
		if (!write_all(STDOUT_FILENO, line, strlen(line)))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool memory = argc == 3 && !strcmp(argv[1], "--memory");
	int fd;

	if (argc == 2 && !strcmp(argv[1], "--answer"))
		return answer();
	if (argc != 2 && !memory)
		return 2;
	fd = fd_message_connect(argv[argc - 1]);
	if (fd < 0)
		return fail(argv[argc - 1]);
	return memory ? send_memory(fd) : talk(fd);
}
