// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile frontend of the input protocol; one kind of misuse a run:
 *	nothing, page, channel	connects without nodes, with a page that is not
 *				granted, with an event channel that does not exist
 *	flap			changes its state as fast as it can
 *	scramble		connects correctly, goes to the background, and writes
 *				to the page and the event channel for 20 seconds
 * Exit status 1: the backend did not do what the protocol says.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/kbdif.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#define DEVICE "device/vkbd/0"
#define SECONDS 20

static struct xs_handle *xs;
static char be_state[128];

static void write_node(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), DEVICE "/%s", name);
	xs_write(xs, XBT_NULL, path, value, (unsigned int)strlen(value));
}

static void write_number(const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	write_node(name, text);
}

static bool backend_becomes(int state, unsigned int seconds)
{
	unsigned int i;

	for (i = 0; i < seconds * 20; i++) {
		char *text = xs_read(xs, XBT_NULL, be_state, NULL);
		int now = text ? atoi(text) : -1;

		free(text);
		if (now == state)
			return true;
		usleep(50000);
	}
	return false;
}

static int detach_stock_driver(void)
{
	int fd = open("/sys/bus/xen/drivers/vkbd/unbind", O_WRONLY | O_CLOEXEC);
	char *backend;

	/* the stock driver holds the device until the first run unbinds it */
	if (fd >= 0) {
		if (write(fd, "vkbd-0", 6) == 6)
			sleep(1);
		close(fd);
	}
	xs = xs_open(0);
	backend = xs ? xs_read(xs, XBT_NULL, DEVICE "/backend", NULL) : NULL;
	if (!backend)
		return 1;
	snprintf(be_state, sizeof(be_state), "%s/state", backend);
	free(backend);
	write_node("state", "6");
	xs_rm(xs, XBT_NULL, DEVICE "/page-gref");
	xs_rm(xs, XBT_NULL, DEVICE "/event-channel");
	return backend_becomes(2, 10) ? 0 : 1;
}

/* The backend must not connect to these nodes */
static int expect_refused(void)
{
	write_node("state", "3");
	/* long enough for the backend's second try */
	return backend_becomes(4, 5);
}

static int change_states_fast(void)
{
	static const char *const states[] = { "1",  "3", "4", "5", "6",
					      "99", "",	 "7", "2", "x" };
	unsigned int i;

	for (i = 0; i < 500; i++)
		write_node("state", states[i % 10]);
	write_node("state", "6");
	return !backend_becomes(2, 10);
}

static void scramble_page(struct xenkbd_page *page, xenevtchn_handle *evtchn,
			  evtchn_port_t port)
{
	time_t end = time(NULL) + SECONDS;
	uint32_t n = 12345;

	while (time(NULL) < end) {
		n = n * 1664525 + 1013904223;
		((volatile uint32_t *)page)[n >> 22] = n;
		/* sometimes with free slots, so that the backend writes as well */
		if (n % 3)
			page->in_cons = n % 5 ? n : page->in_prod;
		if (n % 16 == 0)
			xenevtchn_notify(evtchn, port);
	}
}

static int connect_and_scramble(xengntshr_handle *shr, xenevtchn_handle *evtchn)
{
	xenevtchn_port_or_error_t port;
	uint32_t ref;
	void *page;

	page = xengntshr_share_pages(shr, 0, 1, &ref, 1);
	port = xenevtchn_bind_unbound_port(evtchn, 0);
	if (!page || port < 0)
		return 1;
	memset(page, 0, 4096);
	write_number("page-gref", ref);
	write_number("event-channel", (uint32_t)port);
	write_node("state", "3");
	if (!backend_becomes(4, 10))
		return 1;
	if (fork())
		_exit(0);
	scramble_page(page, evtchn, (evtchn_port_t)port);
	write_node("state", "6");
	return 0;
}

int main(int argc, char **argv)
{
	xengntshr_handle *shr = xengntshr_open(NULL, 0);
	xenevtchn_handle *evtchn = xenevtchn_open(NULL, 0);
	const char *what = argc > 1 ? argv[1] : "";

	if (!shr || !evtchn || detach_stock_driver()) {
		fprintf(stderr, "displd-hostile-input: cannot begin\n");
		return 1;
	}
	if (!strcmp(what, "flap"))
		return change_states_fast();
	if (!strcmp(what, "scramble"))
		return connect_and_scramble(shr, evtchn);
	if (!strcmp(what, "page")) {
		write_number("page-gref", 31000);
		write_number("event-channel", 1);
	} else if (!strcmp(what, "channel")) {
		uint32_t ref;

		if (!xengntshr_share_pages(shr, 0, 1, &ref, 1))
			return 1;
		write_number("page-gref", ref);
		write_number("event-channel", 100000);
	}
	return expect_refused();
}
