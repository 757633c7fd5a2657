// SPDX-License-Identifier: GPL-2.0-only
/* One handle, many threads; -Db_sanitize=thread sees what luck hides */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <xendmabuf.h>

#include "fake.h"

#define THREADS 4
#define ROUNDS 2000

static struct xendmabuf *x;

static int driver_ioctl(int fd, unsigned long request, void *arg)
{
	struct xen_dmabuf_map *map = arg;

	(void)fd;
	if (request == XEN_DMABUF_IOC_INFO)
		return 0;
	if (request != XEN_DMABUF_IOC_MAP)
		return -EPERM;
	map->bad_ref = map->domid;
	return -EACCES;
}

/* cmocka's asserts work in the main thread only: returns NULL for success */
static void *call_repeatedly(void *arg)
{
	static const uint32_t refs[THREADS + 1];
	uint16_t domid = *(uint16_t *)arg;
	struct xen_dmabuf_info info;
	bool good = true;
	int i, fd;

	for (i = 0; i < ROUNDS; i++) {
		good &= xendmabuf_map(x, domid, refs, THREADS + 1, 0, &fd,
				      NULL) == -EACCES;
		good &= xendmabuf_bad_ref(x) <= THREADS;
		good &= xendmabuf_restrict(x, domid, 0) == -EPERM;
		good &= xendmabuf_info(x, &info, sizeof(info)) == 0;
		good &= xendmabuf_explain(x, i & 1 ? -EACCES : -EPERM) != NULL;
	}
	return good ? NULL : arg;
}

static void handle_used_by_threads(void **state)
{
	pthread_t threads[THREADS];
	uint16_t domids[THREADS];
	void *result;
	int i;

	(void)state;
	fake.ioctl = driver_ioctl;
	assert_int_equal(xendmabuf_open_fd(fake_chardev(), &x), 0);
	for (i = 0; i < THREADS; i++) {
		domids[i] = i + 1;
		assert_int_equal(pthread_create(&threads[i], NULL,
						call_repeatedly, &domids[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	xendmabuf_close(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(handle_used_by_threads),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
