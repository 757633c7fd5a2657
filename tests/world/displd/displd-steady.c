// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-steady DRIVER SECONDS: flips thirty times a second between two buffers, as
 * a video player does, and prints the flips and the longest time in milliseconds
 * from one flip event to the next.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define RATE 30
/* the stock frontend gives up a flip after about three seconds */
#define PATIENCE_MS 3500

struct steady {
	int fd;
	uint32_t crtc, connector, fbs[2];
	drmModeModeInfo mode;
	uint64_t last, longest; /* in nanoseconds */
	unsigned int flips;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
	       EINTR)
		;
}

static int find_screen(struct steady *s)
{
	drmModeRes *res = drmModeGetResources(s->fd);
	int i;

	for (i = 0; res && i < res->count_connectors; i++) {
		drmModeConnector *c =
			drmModeGetConnector(s->fd, res->connectors[i]);

		if (!c || c->connection != DRM_MODE_CONNECTED ||
		    !c->count_modes)
			continue;
		s->crtc = res->crtcs[i];
		s->connector = c->connector_id;
		s->mode = c->modes[0];
		return 0;
	}
	return -1;
}

static int make_buffer(struct steady *s, uint32_t *fb)
{
	uint32_t handle, pitch;
	uint64_t size;

	if (drmModeCreateDumbBuffer(s->fd, s->mode.hdisplay, s->mode.vdisplay,
				    32, 0, &handle, &pitch, &size))
		return -1;
	return drmModeAddFB(s->fd, s->mode.hdisplay, s->mode.vdisplay, 24, 32,
			    pitch, handle, fb);
}

static void flipped(int fd, unsigned int sequence, unsigned int sec,
		    unsigned int usec, void *data)
{
	struct steady *s = data;
	uint64_t now = now_ns();

	if (s->last && now - s->last > s->longest)
		s->longest = now - s->last;
	s->last = now;
	s->flips++;
}

static int flip(struct steady *s)
{
	drmEventContext context = { .version = 2,
				    .page_flip_handler = flipped };
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	if (drmModePageFlip(s->fd, s->crtc, s->fbs[s->flips % 2],
			    DRM_MODE_PAGE_FLIP_EVENT, s))
		return -1;
	if (poll(&p, 1, PATIENCE_MS) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return drmHandleEvent(s->fd, &context);
}

int main(int argc, char **argv)
{
	struct steady s = { 0 };
	uint64_t next, end;

	if (argc != 3)
		return 2;
	s.fd = drmOpen(argv[1], NULL);
	if (s.fd < 0 || find_screen(&s)) {
		printf("no screen of %s\n", argv[1]);
		return 1;
	}
	if (make_buffer(&s, &s.fbs[0]) || make_buffer(&s, &s.fbs[1]) ||
	    drmModeSetCrtc(s.fd, s.crtc, s.fbs[1], 0, 0, &s.connector, 1,
			   &s.mode)) {
		perror("displd-steady");
		return 1;
	}
	next = now_ns();
	end = next + strtoull(argv[2], NULL, 10) * 1000000000;
	while (next < end) {
		if (flip(&s)) {
			perror("displd-steady");
			return 1;
		}
		next += 1000000000 / RATE;
		/* what was late is not made up for */
		if (next < now_ns())
			next = now_ns();
		sleep_until(next);
	}
	printf("%u flips, longest gap %llu ms\n", s.flips,
	       (unsigned long long)s.longest / 1000000);
	return 0;
}
