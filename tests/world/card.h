/* SPDX-License-Identifier: GPL-2.0-only */
/* Card: stock DRM drivers, as importers of a dma-buf.  0 or -errno. */
#ifndef XDB_TEST_CARD_H
#define XDB_TEST_CARD_H

#include <stdint.h>

#define CARD_WIDTH 800
#define CARD_HEIGHT 600
#define CARD_PITCH (CARD_WIDTH * 4)

/* open the first card of this driver, and load the driver if needed; a descriptor */
int card_open(const char *driver);
int card_import(int card, int dmabuf, uint32_t *handle);
int card_forget(int card, uint32_t handle);

/* scan out an XRGB8888 buffer of the size above */
struct card_screen {
	uint32_t fb, crtc;
};

int card_show(int card, uint32_t handle, struct card_screen *screen);
int card_redraw(int card, const struct card_screen *screen);
void card_hide(int card, const struct card_screen *screen);

#endif
