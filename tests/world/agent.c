// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's agent.  dom0 writes "SEQ verb args..." to data/cmd in the guest's
 * part of xenstore; the answer, "SEQ OK ..." or "SEQ ERR ...", goes to
 * data/reply.
 *
 * "fork K" starts a process that executes the commands "@K verb args...", and
 * "kill K" ends it with SIGKILL: what it held is released as after a crash.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

#include "agent.h"

/* longer than any command, even with 8,100 pages or memory pressure under emulation */
#define CHILD_ANSWER_MS 200000
#define CHILD_FD 3

static struct child {
	pid_t pid;
	int sock;
} children[AGENT_CHILDREN];

static void answer_error(char *answer, size_t size, int err)
{
	snprintf(answer, size, "ERR %d %s", err, strerrorname_np(err));
}

static int child_serve(int sock)
{
	char line[AGENT_LINE], answer[AGENT_LINE];
	ssize_t n;

	for (;;) {
		n = recv(sock, line, sizeof(line) - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		line[n] = '\0';
		agent_do(line, answer, sizeof(answer));
		if (send(sock, answer, strlen(answer), MSG_NOSIGNAL) < 0)
			return 1;
	}
}

static int child_start(struct child *c)
{
	int pair[2];

	if (c->pid)
		return EBUSY;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return errno;
	c->pid = fork();
	if (c->pid < 0) {
		c->pid = 0;
		close(pair[0]);
		close(pair[1]);
		return ENOMEM;
	}
	if (!c->pid) {
		/* exec: no mapping or file of the parent may stay open here */
		dup2(pair[1], CHILD_FD);
		fcntl(CHILD_FD, F_SETFD, 0);
		syscall(SYS_close_range, CHILD_FD + 1U, ~0U, 0U);
		execl("/proc/self/exe", "agent", "--child", NULL);
		_exit(127);
	}
	close(pair[1]);
	c->sock = pair[0];
	return 0;
}

static int child_end(struct child *c, int sig)
{
	int status;

	if (!c->pid)
		return ESRCH;
	kill(c->pid, sig);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(c->sock);
	c->pid = 0;
	return 0;
}

static void child_ask(struct child *c, const char *line, char *answer,
		      size_t size)
{
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	ssize_t n;

	if (!c->pid)
		return answer_error(answer, size, ESRCH);
	if (send(c->sock, line, strlen(line), MSG_NOSIGNAL) < 0)
		return answer_error(answer, size, errno);
	if (poll(&p, 1, CHILD_ANSWER_MS) != 1)
		return answer_error(answer, size, ETIMEDOUT);
	n = recv(c->sock, answer, size - 1, 0);
	if (n <= 0)
		return answer_error(answer, size, ECHILD);
	answer[n] = '\0';
}

static void execute_line(char *line, char *answer, size_t size)
{
	struct child *c;
	char verb[16];
	unsigned int k;
	int at = 0, err, i;

	if (sscanf(line, "@%u %n", &k, &at) == 1 && at) {
		if (k >= AGENT_CHILDREN)
			return answer_error(answer, size, EINVAL);
		return child_ask(&children[k], line + at, answer, size);
	}
	if (!strcmp(line, "reset")) {
		for (i = 0; i < AGENT_CHILDREN; i++)
			child_end(&children[i], SIGKILL);
		agent_forget();
		snprintf(answer, size, "OK");
		return;
	}
	if (sscanf(line, "%15s %u", verb, &k) == 2 && k < AGENT_CHILDREN) {
		c = &children[k];
		if (!strcmp(verb, "fork"))
			err = child_start(c);
		else if (!strcmp(verb, "kill"))
			err = child_end(c, SIGKILL);
		else
			err = -1;
		if (!err)
			snprintf(answer, size, "OK %d", c->pid);
		else if (err > 0)
			answer_error(answer, size, err);
		if (err >= 0)
			return;
	}
	agent_do(line, answer, size);
}

/* execute the command in data/cmd, if it is new */
static void execute_command(struct xs_handle *xs, unsigned long *last)
{
	char line[AGENT_LINE], answer[AGENT_LINE], reply[AGENT_LINE + 24];
	unsigned long seq;
	unsigned int len;
	char *cmd = xs_read(xs, XBT_NULL, "data/cmd", &len);
	char *end;

	if (!cmd)
		return;
	seq = strtoul(cmd, &end, 10);
	if (seq > *last && *end == ' ') {
		*last = seq;
		snprintf(line, sizeof(line), "%s", end + 1);
		execute_line(line, answer, sizeof(answer));
		snprintf(reply, sizeof(reply), "%lu %s", seq, answer);
		if (!xs_write(xs, XBT_NULL, "data/reply", reply, strlen(reply)))
			perror("agent: data/reply");
	}
	free(cmd);
}

int main(int argc, char **argv)
{
	struct xs_handle *xs;
	unsigned long last = 0;
	unsigned int num;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && !strcmp(argv[1], "--child"))
		return child_serve(CHILD_FD);

	xs = xs_open(0);
	if (!xs || !xs_watch(xs, "data/cmd", "cmd") ||
	    !xs_write(xs, XBT_NULL, "data/ready", "1", 1)) {
		perror("agent: xenstore");
		/* probably process 1: it must not end */
		for (;;)
			pause();
	}
	puts("agent: ready");
	for (;;) {
		char **event = xs_read_watch(xs, &num);

		if (!event)
			sleep(1);
		free(event);
		execute_command(xs, &last);
	}
}
