// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-paint DRIVER FORMAT: draws into the shown buffer without a flip, as
 * simple programs do.
 *
 * FORMAT is XR24 or XR15.  Fills its one buffer with each pixel that it reads,
 * hexadecimal, one a line.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

struct front {
	int fd;
	uint32_t fb, handle, pitch, bits;
	drmModeModeInfo mode;
	void *pixels;
};

static drmModeConnector *find_connected(int fd, const drmModeRes *res)
{
	int i;

	for (i = 0; i < res->count_connectors; i++) {
		drmModeConnector *c =
			drmModeGetConnector(fd, res->connectors[i]);

		if (c && c->connection == DRM_MODE_CONNECTED && c->count_modes)
			return c;
		drmModeFreeConnector(c);
	}
	return NULL;
}

static int make_buffer(struct front *f, uint32_t format)
{
	uint32_t handles[4] = { 0 }, pitches[4] = { 0 }, offsets[4] = { 0 };
	uint64_t size, at;

	if (drmModeCreateDumbBuffer(f->fd, f->mode.hdisplay, f->mode.vdisplay,
				    f->bits, 0, &f->handle, &f->pitch, &size) ||
	    drmModeMapDumbBuffer(f->fd, f->handle, &at))
		return -1;
	handles[0] = f->handle;
	pitches[0] = f->pitch;
	if (drmModeAddFB2(f->fd, f->mode.hdisplay, f->mode.vdisplay, format,
			  handles, pitches, offsets, &f->fb, 0))
		return -1;
	f->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd,
			 (off_t)at);
	return f->pixels == MAP_FAILED ? -1 : 0;
}

static void fill_buffer(const struct front *f, uint32_t pixel)
{
	uint32_t x, y;

	for (y = 0; y < f->mode.vdisplay; y++) {
		uint8_t *row = (uint8_t *)f->pixels + (size_t)y * f->pitch;

		for (x = 0; x < f->mode.hdisplay; x++)
			memcpy(row + (size_t)x * f->bits / 8, &pixel,
			       f->bits / 8);
	}
}

int main(int argc, char **argv)
{
	struct front f = { .bits = 32 };
	drmModeConnector *c;
	drmModeRes *res;
	uint32_t format;
	char line[32];

	if (argc != 3 || strlen(argv[2]) != 4)
		return 2;
	format = (uint32_t)argv[2][0] | (uint32_t)argv[2][1] << 8 |
		 (uint32_t)argv[2][2] << 16 | (uint32_t)argv[2][3] << 24;
	if (!strcmp(argv[2], "XR15"))
		f.bits = 16;
	f.fd = drmOpen(argv[1], NULL);
	res = f.fd < 0 ? NULL : drmModeGetResources(f.fd);
	c = res ? find_connected(f.fd, res) : NULL;
	if (!c) {
		printf("no screen of %s\n", argv[1]);
		return 1;
	}
	f.mode = c->modes[0];
	if (make_buffer(&f, format) ||
	    drmModeSetCrtc(f.fd, res->crtcs[0], f.fb, 0, 0, &c->connector_id, 1,
			   &f.mode)) {
		perror("displd-paint");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		fill_buffer(&f, (uint32_t)strtoul(line, NULL, 16));
		printf("%s", line);
		fflush(stdout);
	}
	return 0;
}
