// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "fake.h"

/* Every error that <xen/dmabuf.h> and <xendmabuf.h> document */
static const int shared[] = { EFAULT, E2BIG, EOPNOTSUPP, ENOMEM, ENOTTY };
static const int restricts[] = { EINVAL, EPERM };
static const int maps[] = { EINVAL, EFBIG,  ELOOP,  EPERM,  EACCES, EBADR,
			    ESRCH,  EDQUOT, ENOSPC, EMFILE, ENFILE, EIO };
static const int grants[] = { EINVAL, EFBIG,  ERANGE, ELOOP,	EPERM,
			      EBADF,  EBADFD, EACCES, EXDEV,	EDQUOT,
			      ENOSPC, EMFILE, ENFILE, ETIMEDOUT };
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

static const char *explain_after(enum call call, int err)
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

/* A text of its own for each error */
static void check_text(struct seen *seen, const char *text, int err)
{
	int i;

	print_message("%s: %s\n", strerror(err), text);
	assert_non_null(text);
	assert_uint_in_range(strlen(text), 20, 1000);
	assert_null(strstr(text, "does not know: see"));
	for (i = 0; i < seen->nr; i++)
		assert_string_not_equal(seen->text[i], text);
	strcpy(seen->text[seen->nr++], text);
}

static void check_texts(enum call call, const int *errors, size_t nr)
{
	static struct seen seen;
	size_t i;

	seen.nr = 0;
	for (i = 0; i < NR(shared); i++)
		check_text(&seen, explain_after(call, shared[i]), shared[i]);
	for (i = 0; i < nr; i++)
		check_text(&seen, explain_after(call, errors[i]), errors[i]);
}

static void restrict_errors_explained(void **state)
{
	(void)state;
	check_texts(RESTRICT, restricts, NR(restricts));
}

static void map_errors_explained(void **state)
{
	(void)state;
	check_texts(MAP, maps, NR(maps));
}

static void grant_errors_explained(void **state)
{
	(void)state;
	check_texts(GRANT, grants, NR(grants));
}

static void lease_open_errors_explained(void **state)
{
	(void)state;
	check_texts(LEASE_OPEN, lease_opens, NR(lease_opens));
}

static void errors_explained_without_handle(void **state)
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
			check_text(&seen, text, err);
			/* Static: the same pointer again */
			assert_ptr_equal(text, xendmabuf_explain(NULL, -err));
		}
	}
}

static void assert_has(const char *text, const char *word)
{
	if (!text)
		fail_msg("nothing said, not even \"%s\"", word);
	else if (!strstr(text, word))
		fail_msg("\"%s\" does not say \"%s\"", text, word);
}

static void assert_has_not(const char *text, const char *word)
{
	if (text && strstr(text, word))
		fail_msg("\"%s\" says \"%s\"", text, word);
}

static void quota_error_names_limit_and_use(void **state)
{
	const char *text;

	(void)state;
	text = explain_after(MAP, EDQUOT);
	assert_has(text, "max_mapped_pages");
	assert_has(text, "wanted: 4 pages; mapped now: 7002 of 7003");
	text = explain_after(GRANT, EDQUOT);
	assert_has(text, "max_granted_pages");
	assert_has(text, "granted now: 7004 of 7005");
	text = explain_after(MAP, EFBIG);
	assert_has(text, "parameters/max_pages");
	assert_has(text, "wanted: 4 pages; at most: 7001");
	assert_has(explain_after(GRANT, EFBIG), "at most: 7001");
	text = explain_after(GRANT, ENOSPC);
	assert_has(text, "about 7007 of 7006");
	/* before 4.18, Xen starts no guest with more than its own limit */
	assert_has(text,
		   "for dom0 gnttab_max_frames on Xen's command line; for "
		   "a guest max_grant_frames in its xl.cfg, and before Xen "
		   "4.18 gnttab_max_frames, too");
	assert_has(explain_after(MAP, ENOSPC), "mapped now: 7002");
	assert_has(explain_after(LEASE_OPEN, ENOENT), "123456");
	assert_has(explain_after(RESTRICT, EPERM), "domain 17");
}

/* the call wants 4 pages */
static void quota_error_names_the_limit_that_was_hit(void **state)
{
	const char *text;

	(void)state;
	/* the user's limit is 1 page short; those of the file and of all suffice */
	user_mapped = 97;
	user_mapped_limit = 100;
	file_mapped_limit = 9;
	text = explain_after(MAP, EDQUOT);
	assert_has(text, "mapped by this user now: 97 of 100");
	assert_has(text, "parameters/user_mapped_pages");
	assert_has_not(text, "max_");
	assert_has_not(text, "file_");
	/* the file's limit equals its user's, so raising it would not help */
	file_mapped_limit = 100;
	user_mapped = 99;
	assert_has(explain_after(MAP, EDQUOT), "parameters/user_mapped_pages");
	/* the user's limit just suffices, the file's does not */
	user_mapped = 96;
	file_mapped_limit = 8;
	text = explain_after(MAP, EDQUOT);
	assert_has(text, "mapped by this open file now: 5 of 8");
	assert_has(text, "parameters/file_mapped_pages");
	assert_has_not(text, "user_");
	/* both limits equal that of all */
	user_mapped_limit = file_mapped_limit = 7003;
	assert_has(explain_after(MAP, EDQUOT), "parameters/max_mapped_pages");

	file_granted_limit = 9;
	text = explain_after(GRANT, EDQUOT);
	assert_has(text, "granted by this open file now: 6 of 9");
	assert_has(text, "parameters/file_granted_pages");
	file_granted_limit = 10;
	assert_has(explain_after(GRANT, EDQUOT),
		   "parameters/max_granted_pages");
}

static void access_error_names_the_reference(void **state)
{
	const char *text;

	(void)state;
	text = explain_after(MAP, EACCES);
	assert_has(text, "reference 33 (index 2 of 4) of domain 17");
	assert_has(explain_after(MAP, EIO), "reference 33 (index 2 of 4)");
	assert_has(explain_after(MAP, EBADR),
		   "reference 33 (index 2 of 4) of domain 17");
	assert_has(explain_after(MAP, ESRCH), "domain 17");
	assert_has(explain_after(GRANT, EACCES), "reading only");
}

/* Without INFO from the driver: no numbers, but all possible limits */
static void quota_error_without_info_names_no_numbers(void **state)
{
	const char *text;

	(void)state;
	info_err = ENOTTY;
	text = explain_after(MAP, EDQUOT);
	assert_has(text, "max_, user_ or file_mapped_pages");
	assert_has_not(text, "now: ");
	assert_has(explain_after(GRANT, EDQUOT),
		   "max_, user_ or file_granted_pages");
}

/* An error that the handle's last call did not return is not explained by that call */
static void error_of_another_call_not_blamed_on_handle(void **state)
{
	const char *text;

	(void)state;
	explain_after(MAP, EACCES);
	text = xendmabuf_explain(x, -ENODEV);
	assert_has_not(text, "domain 17");
	assert_has(text, "modprobe udmabuf");
	assert_has(xendmabuf_explain(x, -EACCES), "domain 17");
}

static void closed_device_named(void **state)
{
	const char *text = xendmabuf_explain(NULL, -EACCES);

	(void)state;
	assert_has(text, "/dev/xen/dmabuf-grant");
	assert_has(text, "/dev/dma_heap/system");
	assert_has(text, "/dev/udmabuf");
	assert_has(text, "/dev/xen/gntalloc");
	assert_has(text, "/dev/xen/gntdev");
}

static void missing_module_named(void **state)
{
	(void)state;
	assert_has(xendmabuf_explain(NULL, -ENOENT), "modprobe xen_dmabuf");
	assert_has(xendmabuf_explain(NULL, -ENODEV), "under Xen");
	assert_has(xendmabuf_explain(NULL, -EFBIG), "size_limit_mb");
}

static void odd_values_explained(void **state)
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
	assert_has(xendmabuf_explain(x, -4000), "4000");
	/* no errno value; INT_MIN cannot even be negated */
	assert_has(xendmabuf_explain(x, INT_MIN), "not an error number");
	assert_has(xendmabuf_explain(NULL, INT_MIN), "not an error number");
	assert_has(xendmabuf_explain(x, INT_MAX), "not an error number");
	assert_has(xendmabuf_explain(x, -4096), "not an error number");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(restrict_errors_explained),
		TEST(map_errors_explained),
		TEST(grant_errors_explained),
		TEST(lease_open_errors_explained),
		TEST(errors_explained_without_handle),
		TEST(quota_error_names_limit_and_use),
		TEST(quota_error_names_the_limit_that_was_hit),
		TEST(access_error_names_the_reference),
		TEST(quota_error_without_info_names_no_numbers),
		TEST(error_of_another_call_not_blamed_on_handle),
		TEST(closed_device_named),
		TEST(missing_module_named),
		TEST(odd_values_explained),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
