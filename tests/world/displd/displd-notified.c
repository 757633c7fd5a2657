// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-notified SOCKET: the notification socket of a service manager
 * (sd_notify).  Prints a line for each message; "@NAME" is an abstract socket.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[256], *p;
	socklen_t len;
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 2 || fd < 0 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, argv[1]);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(argv[1]));
	if (argv[1][0] == '@')
		address.sun_path[0] = '\0';
	else
		unlink(argv[1]);
	/* a service of any user may send */
	umask(0);
	if (bind(fd, (struct sockaddr *)&address, len)) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) >= 0) {
		text[n] = '\0';
		for (p = text; *p; p++)
			if (*p == '\n')
				*p = ' ';
		puts(text);
	}
	return 1;
}
