// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "fake.h"

/* Every error that <xen/dmabuf.h> and <xendmabuf.h> speak of */
static const int shared[] = { EFAULT, E2BIG, EOPNOTSUPP, ENOMEM, ENOTTY };
static const int restricts[] = { EINVAL, EPERM };
static const int maps[] = { EINVAL, EFBIG,  ELOOP, EPERM,  EACCES, ESRCH,
			    EDQUOT, ENOSPC, EINTR, EMFILE, ENFILE };
static const int grants[] = { EINVAL, EFBIG,  ERANGE, ELOOP, EPERM,
			      EBADF,  EBADFD, EACCES, EXDEV, EDQUOT,
			      ENOSPC, EMFILE, ENFILE };
static const int lease_opens[] = { EPERM, ENOENT, EINVAL, EMFILE, ENFILE };
static const int others[] = { ENODEV, ENOENT,	 ETIMEDOUT, EPROTO,
			      ERANGE, EREMOTEIO, EINTR,	    EBADF,
			      EAGAIN, EIO,	 ESPIPE };

static struct xendmabuf *x;
static int driver_err;
static int info_err;
static unsigned int user_mapped, user_mapped_limit; /* 0: an older driver's */
static unsigned int file_mapped_limit, file_granted_limit;

static int driver_ioctl(int fd, unsigned long request, void *arg)
{
	struct xen_dmabuf_info *info = arg;
	struct xen_dmabuf_map *map = arg;

	(void)fd;
	if (request == XEN_DMABUF_IOC_MAP)
		map->bad_ref = 2;
	if (request != XEN_DMABUF_IOC_INFO)
		return -driver_err;
	if (info_err)
		return -info_err;
	info->max_pages = 7001;
	info->pages_mapped = 7002;
	info->pages_mapped_limit = 7003;
	info->pages_granted = 7004;
	info->pages_granted_limit = 7005;
	info->grants_total = 7006;
	info->grants_left = 7007;
	info->user_pages_mapped = user_mapped;
	info->user_pages_mapped_limit = user_mapped_limit;
	info->user_pages_granted = 7008;
	info->user_pages_granted_limit = 7005; /* not set */
	info->file_pages_mapped = 5;
	info->file_pages_mapped_limit = file_mapped_limit;
	info->file_pages_granted = 6;
	info->file_pages_granted_limit = file_granted_limit;
	return 0;
}

static int setup(void **state)
{
	fake_setup(state);
	info_err = 0;
	user_mapped = user_mapped_limit = 0;
	file_mapped_limit = file_granted_limit = 0;
	fake.ioctl = driver_ioctl;
	assert_int_equal(xendmabuf_open_fd(fake_chardev(), &x), 0);
	return 0;
}

static int teardown(void **state)
{
	xendmabuf_close(x);
	return fake_teardown(state);
}

enum call { RESTRICT, MAP, GRANT, LEASE_OPEN };

static const char *after(enum call call, int err)
{
	static const uint32_t known[] = { 31, 32, 33, 34 };
	struct xendmabuf_lease *lease;
	uint32_t refs[4];
	int fd, ret = 0;

	driver_err = err;
	switch (call) {
	case RESTRICT:
		ret = xendmabuf_restrict(x, 17, 0);
		break;
	case MAP:
		ret = xendmabuf_map(x, 17, known, 4, 0, &fd, NULL);
		break;
	case GRANT:
		ret = xendmabuf_grant(x, 0, 0, 17, 0, refs, 4, &lease);
		break;
	case LEASE_OPEN:
		ret = xendmabuf_lease_open(x, 123456, &lease);
		break;
	}
	assert_int_equal(ret, -err);
	return xendmabuf_explain(x, ret);
}

struct seen {
	char text[64][1024];
	int nr;
};

/* Real words, and not the words for another error */
static void look(struct seen *seen, const char *text, int err)
{
	int i;

	print_message("%s: %s\n", strerror(err), text);
	assert_non_null(text);
	assert_uint_in_range(strlen(text), 20, 1000);
	assert_null(strstr(text, "does not know: look"));
	for (i = 0; i < seen->nr; i++)
		assert_string_not_equal(seen->text[i], text);
	strcpy(seen->text[seen->nr++], text);
}

static void look_all(enum call call, const int *errors, size_t nr)
{
	static struct seen seen;
	size_t i;

	seen.nr = 0;
	for (i = 0; i < NR(shared); i++)
		look(&seen, after(call, shared[i]), shared[i]);
	for (i = 0; i < nr; i++)
		look(&seen, after(call, errors[i]), errors[i]);
}

static void every_restrict(void **state)
{
	(void)state;
	look_all(RESTRICT, restricts, NR(restricts));
}

static void every_map(void **state)
{
	(void)state;
	look_all(MAP, maps, NR(maps));
}

static void every_grant(void **state)
{
	(void)state;
	look_all(GRANT, grants, NR(grants));
}

static void every_lease_open(void **state)
{
	(void)state;
	look_all(LEASE_OPEN, lease_opens, NR(lease_opens));
}

static void every_without_handle(void **state)
{
	static const struct {
		const int *errors;
		size_t nr;
	} all[] = {
		{ shared, NR(shared) }, { restricts, NR(restricts) },
		{ maps, NR(maps) },	{ grants, NR(grants) },
		{ others, NR(others) }, { lease_opens, NR(lease_opens) },
	};
	static struct seen seen;
	const char *text;
	char done[256] = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < NR(all); i++) {
		for (j = 0; j < all[i].nr; j++) {
			int err = all[i].errors[j];

			if (done[err])
				continue;
			done[err] = 1;
			text = xendmabuf_explain(NULL, -err);
			look(&seen, text, err);
			/* For ever: the very same text again */
			assert_ptr_equal(text, xendmabuf_explain(NULL, -err));
		}
	}
}

static void has(const char *text, const char *word)
{
	if (!text)
		fail_msg("nothing said, not even \"%s\"", word);
	else if (!strstr(text, word))
		fail_msg("\"%s\" does not say \"%s\"", text, word);
}

static void has_not(const char *text, const char *word)
{
	if (text && strstr(text, word))
		fail_msg("\"%s\" says \"%s\"", text, word);
}

static void names_the_limit(void **state)
{
	const char *text;

	(void)state;
	text = after(MAP, EDQUOT);
	has(text, "max_mapped_pages");
	has(text, "wanted: 4 pages; mapped now: 7002 of 7003");
	text = after(GRANT, EDQUOT);
	has(text, "max_granted_pages");
	has(text, "granted now: 7004 of 7005");
	text = after(MAP, EFBIG);
	has(text, "parameters/max_pages");
	has(text, "wanted: 4 pages; at most: 7001");
	has(after(GRANT, EFBIG), "at most: 7001");
	has(after(GRANT, ENOSPC), "about 7007 of 7006");
	has(after(MAP, ENOSPC), "mapped now: 7002");
	has(after(LEASE_OPEN, ENOENT), "123456");
	has(after(RESTRICT, EPERM), "domain 17");
}

/* the call wants 4 pages */
static void names_the_limit_that_counts(void **state)
{
	const char *text;

	(void)state;
	/* the user may have 1 page less than that, all and the file enough */
	user_mapped = 97;
	user_mapped_limit = 100;
	file_mapped_limit = 9;
	text = after(MAP, EDQUOT);
	has(text, "mapped by this user now: 97 of 100");
	has(text, "parameters/user_mapped_pages");
	has_not(text, "max_");
	has_not(text, "file_");
	/* the file's is that of its user, and of no use to raise */
	file_mapped_limit = 100;
	user_mapped = 99;
	has(after(MAP, EDQUOT), "parameters/user_mapped_pages");
	/* exactly enough for the user, not for the file */
	user_mapped = 96;
	file_mapped_limit = 8;
	text = after(MAP, EDQUOT);
	has(text, "mapped by this open file now: 5 of 8");
	has(text, "parameters/file_mapped_pages");
	has_not(text, "user_");
	/* neither was set */
	user_mapped_limit = file_mapped_limit = 7003;
	has(after(MAP, EDQUOT), "parameters/max_mapped_pages");

	file_granted_limit = 9;
	text = after(GRANT, EDQUOT);
	has(text, "granted by this open file now: 6 of 9");
	has(text, "parameters/file_granted_pages");
	file_granted_limit = 10;
	has(after(GRANT, EDQUOT), "parameters/max_granted_pages");
}

static void names_the_reference(void **state)
{
	const char *text;

	(void)state;
	text = after(MAP, EACCES);
	has(text, "reference 33 (index 2 of 4) of domain 17");
	has(after(MAP, ESRCH), "domain 17");
	has(after(GRANT, EACCES), "reading only");
}

/* No figures where the driver gives none, and no nonsense either */
static void driver_is_silent(void **state)
{
	const char *text;

	(void)state;
	info_err = ENOTTY;
	text = after(MAP, EDQUOT);
	has(text, "max_, user_ or file_mapped_pages");
	has_not(text, "now: ");
	has(after(GRANT, EDQUOT), "max_, user_ or file_granted_pages");
}

/* An error from elsewhere is not blamed on the handle's last call */
static void from_elsewhere(void **state)
{
	const char *text;

	(void)state;
	after(MAP, EACCES);
	text = xendmabuf_explain(x, -ENODEV);
	has_not(text, "domain 17");
	has(text, "modprobe udmabuf");
	has(xendmabuf_explain(x, -EACCES), "domain 17");
}

static void what_to_load(void **state)
{
	(void)state;
	has(xendmabuf_explain(NULL, -ENOENT), "modprobe xen_dmabuf");
	has(xendmabuf_explain(NULL, -ENODEV), "under Xen");
	has(xendmabuf_explain(NULL, -EFBIG), "size_limit_mb");
}

static void odd_values(void **state)
{
	const char *text;

	(void)state;
	assert_string_equal(xendmabuf_explain(NULL, 0), "no error");
	assert_string_equal(xendmabuf_explain(x, 0), "no error");
	assert_ptr_equal(xendmabuf_explain(NULL, EDQUOT),
			 xendmabuf_explain(NULL, -EDQUOT));
	text = xendmabuf_explain(NULL, -4000);
	assert_non_null(text);
	assert_ptr_equal(text, xendmabuf_explain(NULL, -4001));
	has(xendmabuf_explain(x, -4000), "4000");
	assert_non_null(xendmabuf_explain(x, INT32_MIN));
	assert_non_null(xendmabuf_explain(x, INT32_MAX));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_restrict),
		TEST(every_map),
		TEST(every_grant),
		TEST(every_lease_open),
		TEST(every_without_handle),
		TEST(names_the_limit),
		TEST(names_the_limit_that_counts),
		TEST(names_the_reference),
		TEST(driver_is_silent),
		TEST(from_elsewhere),
		TEST(what_to_load),
		TEST(odd_values),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
