/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of fake_drm: its files, and what its objects are set to. */
#ifndef FAKE_DRM_STATE_H
#define FAKE_DRM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drm_mode_atomic;

bool fake_files_is_master(int fd);
bool fake_files_was_master(int fd);
/** fake_files_seize - become master; false: another file or program is */
bool fake_files_seize(int fd);
void fake_files_drop(int fd);
void fake_files_write(const char *path, const void *data, size_t len);

uint32_t fake_drm_encoder(int i);
uint32_t fake_plane_crtcs(uint32_t id);
uint32_t fake_prop_count(void);
const char *fake_prop_name(uint32_t id);
/** fake_state_remove_fb - whether a plane showed it, whose CRTC is off now */
bool fake_state_remove_fb(uint32_t id);
/** fake_state_commit - DRM_IOCTL_MODE_ATOMIC, of one property */
int fake_state_commit(int fd, const struct drm_mode_atomic *atomic);

#endif
