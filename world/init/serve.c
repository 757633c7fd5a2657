// SPDX-License-Identifier: GPL-2.0-only
/*
 * dom0's end of the channel to the host: runs what the host asks for, and
 * passes on what programs in dom0 ask of the host.  It is dom0's init once the
 * shell has set things up, so it reaps whatever is orphaned, too.
 *
 *	host -> dom0			dom0 -> host
 *	run ID SHELL-COMMAND		ready
 *	kill ID				out ID LINE
 *	answer ID TEXT			end ID STATUS	(exit status, or 128+signal)
 *	bye				ask ID TEXT
 *
 * One command runs at a time; its standard error goes to the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "world.h"

#define NR_CLIENTS 8

struct line_reader {
	int fd;
	size_t fill;
	char text[WORLD_LINE];
};

struct client {
	struct line_reader in;
	unsigned long id;
};

static struct line_reader channel = { .fd = -1 };
static struct line_reader output = { .fd = -1 };
static struct client clients[NR_CLIENTS];
static pid_t job;
static char job_id[32];
static unsigned long last_ask;

static void write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		size -= n;
	}
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	char line[WORLD_LINE + 64];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	write_all(channel.fd, line, n);
}

/*
 * Calls handle() for each full line.  Returns 0 at the end of the input.
 * An overlong line is handed on in pieces.
 */
static int read_lines(struct line_reader *in,
		      void (*handle)(char *line, void *arg), void *arg)
{
	ssize_t n = read(in->fd, in->text + in->fill,
			 sizeof(in->text) - 1 - in->fill);
	char *start = in->text, *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : 0;
	if (n == 0) {
		if (in->fill) {
			in->text[in->fill] = '\0';
			in->fill = 0;
			handle(in->text, arg);
		}
		return 0;
	}
	in->fill += n;
	while ((end = memchr(start, '\n', in->text + in->fill - start))) {
		*end = '\0';
		handle(start, arg);
		start = end + 1;
	}
	in->fill -= start - in->text;
	memmove(in->text, start, in->fill);
	if (in->fill == sizeof(in->text) - 1) {
		in->text[in->fill] = '\0';
		in->fill = 0;
		handle(in->text, arg);
	}
	return 1;
}

static void run(const char *id, const char *command)
{
	int pipe_fds[2];

	if (job) {
		tell("end %s 125", id);
		return;
	}
	snprintf(job_id, sizeof(job_id), "%s", id);
	if (pipe2(pipe_fds, O_CLOEXEC)) {
		tell("end %s 125", id);
		return;
	}
	job = fork();
	if (job < 0) {
		job = 0;
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		tell("end %s 125", id);
		return;
	}
	if (!job) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		dup2(pipe_fds[1], STDOUT_FILENO);
		execl("/bin/bash", "bash", "-c", command, NULL);
		_exit(127);
	}
	close(pipe_fds[1]);
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	output.fd = pipe_fds[0];
	output.fill = 0;
}

static void show_output(char *line, void *arg)
{
	(void)arg;
	tell("out %s %s", job_id, line);
}

static void drain_output(void)
{
	int rounds;

	/* What a left-over child still writes must not keep us here for ever */
	for (rounds = 0; rounds < 1024 && output.fd >= 0; rounds++) {
		struct pollfd ready = { .fd = output.fd, .events = POLLIN };

		if (poll(&ready, 1, 0) <= 0)
			break;
		if (!read_lines(&output, show_output, NULL))
			break;
	}
	if (output.fd < 0)
		return;
	if (output.fill) {
		output.text[output.fill] = '\0';
		show_output(output.text, NULL);
	}
	close(output.fd);
	output.fd = -1;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != job)
			continue;
		kill(-job, SIGKILL);
		drain_output();
		job = 0;
		tell("end %s %d", job_id,
		     WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					 : WEXITSTATUS(status));
	}
}

static void answer(unsigned long id, const char *text)
{
	int i;

	for (i = 0; i < NR_CLIENTS; i++) {
		if (clients[i].in.fd < 0 || clients[i].id != id)
			continue;
		write_all(clients[i].in.fd, text, strlen(text));
		write_all(clients[i].in.fd, "\n", 1);
		close(clients[i].in.fd);
		clients[i].in.fd = -1;
	}
}

static void obey(char *line, void *arg)
{
	char *verb = strsep(&line, " "), *id = strsep(&line, " ");

	(void)arg;
	if (!strcmp(verb, "bye")) {
		sync();
		reboot(RB_POWER_OFF);
	} else if (!strcmp(verb, "run") && id && line) {
		run(id, line);
	} else if (!strcmp(verb, "kill") && id && job && !strcmp(id, job_id)) {
		kill(-job, SIGKILL);
	} else if (!strcmp(verb, "answer") && id && line) {
		answer(strtoul(id, NULL, 10), line);
	}
}

static void pass_on(char *line, void *arg)
{
	struct client *client = arg;

	client->id = ++last_ask;
	tell("ask %lu %s", client->id, line);
}

static void take_client(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), i;

	for (i = 0; fd >= 0 && i < NR_CLIENTS; i++) {
		if (clients[i].in.fd >= 0)
			continue;
		clients[i].in.fd = fd;
		clients[i].in.fill = 0;
		clients[i].id = 0;
		return;
	}
	if (fd >= 0)
		close(fd);
}

static int open_channel(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;

	if (fd >= 0 && !tcgetattr(fd, &raw)) {
		cfmakeraw(&raw);
		cfsetspeed(&raw, B115200);
		raw.c_cflag |= CLOCAL;
		tcsetattr(fd, TCSANOW, &raw);
	}
	return fd;
}

static int open_listener(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
				       .sun_path = WORLD_SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 8))
		return -1;
	return fd;
}

static void on_child(int signal)
{
	(void)signal;
}

int main(int argc, char **argv)
{
	struct sigaction child = { .sa_handler = on_child };
	struct timespec second = { .tv_sec = 1 };
	struct pollfd fds[3 + NR_CLIENTS];
	int listener, i;
	sigset_t chld, none;

	if (argc != 2) {
		fprintf(stderr, "usage: serve CHANNEL\n");
		return 2;
	}
	channel.fd = open_channel(argv[1]);
	listener = open_listener();
	if (channel.fd < 0 || listener < 0) {
		fprintf(stderr, "serve: cannot open %s or %s: %s\n", argv[1],
			WORLD_SOCKET, strerror(errno));
		return 1;
	}
	for (i = 0; i < NR_CLIENTS; i++)
		clients[i].in.fd = -1;
	/* SIGCHLD is delivered in ppoll() only, so that none is missed */
	sigemptyset(&none);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sigaction(SIGCHLD, &child, NULL);
	signal(SIGPIPE, SIG_IGN);
	tell("ready");
	for (;;) {
		fds[0] = (struct pollfd){ .fd = channel.fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = output.fd, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (i = 0; i < NR_CLIENTS; i++)
			fds[3 + i] = (struct pollfd){ .fd = clients[i].in.fd,
						      .events = POLLIN };
		if (ppoll(fds, 3 + NR_CLIENTS, &second, &none) > 0) {
			if (fds[0].revents)
				read_lines(&channel, obey, NULL);
			/* The job's fd may be another one by now: no harm, it does not block */
			if (fds[1].revents && output.fd >= 0 &&
			    !read_lines(&output, show_output, NULL)) {
				close(output.fd);
				output.fd = -1;
			}
			if (fds[2].revents)
				take_client(listener);
			for (i = 0; i < NR_CLIENTS; i++) {
				if (!fds[3 + i].revents || clients[i].in.fd < 0)
					continue;
				if (!read_lines(&clients[i].in, pass_on,
						&clients[i])) {
					close(clients[i].in.fd);
					clients[i].in.fd = -1;
				}
			}
		}
		reap();
	}
}
