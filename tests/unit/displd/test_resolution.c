// SPDX-License-Identifier: GPL-2.0-only
/* Sizes of connectors, which the guest may rewrite */
#include "unit.h"

#include <stdio.h>

#include "common/store.h"
#include "daemon.h"
#include "guest.h"
#include "vdispl/frontend.h"
#include "vdispl/resolution.h"

#define FE "/local/domain/7/device/vdispl/3"
#define BE "backend/vdispl/7/3"

static struct xd_daemon daemon;
static struct xd_guest guest;
static struct xd_frontend f;
static const char *sizes[2]; /* of connectors 0 and 1; NULL: no node */
static bool protected;
/* what the daemon has written to the backend's directory */
static char notes[XD_CONNECTORS_MAX][16];
static bool notes_protected;
static char logged[300];
static struct xdc_reason why;
static uint32_t w, h;

/* The note of that name, which is resolution-0 and so on */
static char *find_note(const char *name)
{
	unsigned int i;

	assert_int_equal(sscanf(name, "resolution-%u", &i), 1);
	assert_true(i < XD_CONNECTORS_MAX);
	return notes[i];
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *buf, uint32_t len)
{
	const char *text = !strcmp(dir, FE "/0")   ? sizes[0]
			   : !strcmp(dir, FE "/1") ? sizes[1]
						   : NULL;

	if (!strcmp(dir, BE))
		text = *find_note(name) ? find_note(name) : NULL;
	else
		assert_string_equal(name, "resolution");
	if (!text)
		return -ENOENT;
	snprintf(buf, len, "%s", text);
	return 0;
}

bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *name, uint16_t domid)
{
	assert_int_equal(domid, 7);
	return strcmp(dir, BE) ? protected : notes_protected;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value)
{
	assert_string_equal(dir, BE);
	strcpy(find_note(name), value);
	return 0;
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

static void begin_display(void)
{
	memset(&f, 0, sizeof(f));
	f.daemon = &daemon;
	f.guest = &guest;
	f.domid = 7;
	f.devid = 3;
	strcpy(f.dev.fe_path, FE);
	strcpy(f.dev.be_path, BE);
}

static int begin(void **state)
{
	begin_display();
	sizes[0] = sizes[1] = NULL;
	protected = false;
	memset(notes, 0, sizeof(notes));
	notes_protected = true;
	logged[0] = '\0';
	return 0;
}

static void expect_size(unsigned int index, uint32_t width, uint32_t height)
{
	assert_int_equal(xd_resolution_find(&f, index, &w, &h, &why), 0);
	assert_int_equal(w, width);
	assert_int_equal(h, height);
}

/* The guest has rewritten or removed its node before it connects */
static void resolution_of_toolstack_kept(void **state)
{
	sizes[0] = "640x480";
	sizes[1] = "800x600";
	xd_resolution_keep(&f);
	expect_size(0, 640, 480);
	expect_size(1, 800, 600);
	assert_string_equal(logged, "");
	sizes[0] = "640 x 480";
	expect_size(0, 640, 480);
	assert_string_equal(
		logged,
		"connector 3.0: " FE
		"/0/resolution was changed to '640 x 480'; the size remains 640x480");
	sizes[0] = "8192x8192";
	expect_size(0, 640, 480);
	sizes[0] = NULL;
	expect_size(0, 640, 480);
	assert_int_equal(xd_resolution_find(&f, 2, &w, &h, &why), -ENOENT);
}

static void restart_daemon(void)
{
	begin_display();
	xd_resolution_keep(&f);
}

static void resolution_of_toolstack_kept_over_restart(void **state)
{
	sizes[0] = "640x480";
	xd_resolution_keep(&f);
	sizes[0] = "8192x8192";
	sizes[1] = "4096x4096";
	restart_daemon();
	expect_size(0, 640, 480);
	assert_string_equal(
		logged,
		"connector 3.0: " FE
		"/0/resolution was changed to '8192x8192'; the size remains 640x480");
	assert_int_equal(f.given[1].width, 0);
	sizes[0] = NULL;
	restart_daemon();
	expect_size(0, 640, 480);
	/* what the guest cannot have written is the toolstack's */
	sizes[0] = "1024x768";
	protected = true;
	restart_daemon();
	expect_size(0, 1024, 768);
}

/* A backend's directory that the guest may write: its notes are none */
static void resolution_noted_by_guest_ignored(void **state)
{
	sizes[0] = "640x480";
	strcpy(notes[0], "8192x8192");
	notes_protected = false;
	xd_resolution_keep(&f);
	expect_size(0, 640, 480);
}

/* A toolstack that leaves the directories, and uses them for another display */
static void resolution_of_removed_display_forgotten(void **state)
{
	sizes[0] = "640x480";
	sizes[1] = "800x600";
	xd_resolution_keep(&f);
	xd_resolution_forget(&f);
	sizes[0] = "1024x768";
	sizes[1] = "1280x720";
	restart_daemon();
	expect_size(0, 1024, 768);
	expect_size(1, 1280, 720);
	assert_string_equal(logged, "");
	/* nothing is written where the toolstack has removed the directory */
	memset(notes, 0, sizeof(notes));
	xd_resolution_forget(&f);
	assert_string_equal(notes[0], "");
}

static void resolution_changed_by_toolstack_taken(void **state)
{
	sizes[0] = "640x480";
	xd_resolution_keep(&f);
	sizes[0] = "1024x768";
	protected = true;
	expect_size(0, 1024, 768);
	assert_string_equal(logged, "");
	/* not if it is wrong */
	sizes[0] = "1024";
	expect_size(0, 640, 480);
}

/* Nodes written by hand, after the device was seen */
static void resolution_written_late_read_at_connect(void **state)
{
	xd_resolution_keep(&f);
	assert_int_equal(xd_resolution_find(&f, 0, &w, &h, &why), -ENOENT);
	assert_string_equal(why.text, "no node " FE "/0/resolution");
	sizes[0] = "640 x 480";
	assert_int_equal(xd_resolution_find(&f, 0, &w, &h, &why), -EINVAL);
	assert_string_equal(
		why.text, FE
		"/0/resolution is '640 x 480', and must be WIDTHxHEIGHT, such as 800x600");
	sizes[0] = "640x480";
	expect_size(0, 640, 480);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(resolution_of_toolstack_kept, begin),
		cmocka_unit_test_setup(
			resolution_of_toolstack_kept_over_restart, begin),
		cmocka_unit_test_setup(resolution_noted_by_guest_ignored,
				       begin),
		cmocka_unit_test_setup(resolution_of_removed_display_forgotten,
				       begin),
		cmocka_unit_test_setup(resolution_changed_by_toolstack_taken,
				       begin),
		cmocka_unit_test_setup(resolution_written_late_read_at_connect,
				       begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
