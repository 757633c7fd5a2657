// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-activate PATH COMMAND...: keeps a listening socket, as systemd does for a unit of
 * type socket, and runs the command with it again whenever it ends, a second later.
 * SIGTERM ends both.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3 /* of sd_listen_fds(3) */

static volatile pid_t child;
static volatile sig_atomic_t over;

static void on_term(int number)
{
	over = 1;
	if (child > 0)
		kill(child, SIGTERM);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 16))
		return -1;
	return fd;
}

static void run(char **command, int fd)
{
	char pid[32];

	/* a test that is killed leaves no daemon */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (fd != FIRST_FD && (dup2(fd, FIRST_FD) < 0 || close(fd)))
		_exit(126);
	execvp(command[0], command);
	_exit(127);
}

/* The status with which the command has ended */
static int run_once(char **command, int fd)
{
	int status = -1;

	child = fork();
	if (!child)
		run(command, fd);
	while (waitpid(child, &status, 0) < 0)
		; /* SIGTERM has interrupted it: on_term() has passed it on */
	return status;
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	int fd = argc > 2 ? listen_at(argv[1]) : -1, status = 0;

	if (fd < 0) {
		perror("channel-activate");
		return 2;
	}
	sigaction(SIGTERM, &term, NULL);
	while (!over) {
		status = run_once(argv + 2, fd);
		if (!over)
			sleep(1);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
