// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake-driver.h"

struct xendmabuf_lease fake_leases[FAKE_LEASES];
unsigned int fake_nr;
int fake_grant_fails, fake_map_fails;
uint32_t fake_grants_left;
uint32_t fake_bad;
unsigned int fake_attempts;
unsigned int fake_looks;

static struct xendmabuf_lease *make_lease(uint32_t pages, bool read_only)
{
	struct xendmabuf_lease *l = fake_leases;

	while (l->open) {
		l++;
		assert_true(l < fake_leases + FAKE_LEASES);
	}
	fake_nr++;
	memset(l, 0, sizeof(*l));
	l->open = true;
	l->pages = pages;
	l->read_only = read_only;
	l->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(l->event >= 0);
	return l;
}

static int fake_grant(struct xch_driver *d, int fd, bool read_only,
		      uint32_t *refs, uint32_t pages,
		      struct xendmabuf_lease **lease)
{
	uint32_t i;

	fake_attempts++;
	if (fake_grant_fails)
		return fake_grant_fails;
	if (pages > fake_grants_left)
		return -ENOSPC;
	fake_grants_left -= pages;
	for (i = 0; i < pages; i++)
		refs[i] = 1000 * (fake_nr + 1) + i;
	*lease = make_lease(pages, read_only);
	return 0;
}

static int fake_map(struct xch_driver *d, const uint32_t *refs, uint32_t pages,
		    bool read_only, int *fd, struct xendmabuf_lease **lease,
		    uint32_t *bad)
{
	uint32_t i;

	*bad = fake_bad;
	if (fake_map_fails)
		return fake_map_fails;
	/* in order, all of them */
	for (i = 1; i < pages; i++)
		assert_int_equal(refs[i], refs[0] + i);
	*fd = memfd_create("mapped", MFD_CLOEXEC);
	assert_int_equal(ftruncate(*fd, (off_t)pages * 4096), 0);
	*lease = make_lease(pages, read_only);
	(*lease)->map = true;
	(*lease)->first_ref = refs[0];
	return 0;
}

static int fake_lease_fd(const struct xendmabuf_lease *lease)
{
	return lease->event;
}

static int fake_look(struct xendmabuf_lease *lease,
		     struct xch_lease_state *state)
{
	uint64_t n;

	fake_looks++;
	assert_true(lease->open);
	if (read(lease->event, &n, sizeof(n)) < 0)
		assert_int_equal(errno, EAGAIN);
	*state = lease->state;
	return 0;
}

static int fake_revoke(struct xendmabuf_lease *lease)
{
	assert_true(lease->open);
	lease->revoked = true;
	return 0;
}

static void fake_close(struct xendmabuf_lease *lease)
{
	assert_true(lease->open);
	lease->open = false;
	if (!lease->map)
		fake_grants_left += lease->pages;
	close(lease->event);
}

static const struct xch_driver_ops fake_ops = {
	.grant = fake_grant,
	.map = fake_map,
	.lease_fd = fake_lease_fd,
	.look = fake_look,
	.revoke = fake_revoke,
	.close = fake_close,
};

struct xch_driver fake_driver = { .ops = &fake_ops };

void fake_reset(void)
{
	memset(fake_leases, 0, sizeof(fake_leases));
	fake_nr = 0;
	fake_grant_fails = fake_map_fails = 0;
	fake_grants_left = UINT32_MAX;
	fake_bad = 0;
	fake_attempts = fake_looks = 0;
}

void fake_return(struct xendmabuf_lease *lease)
{
	uint64_t one = 1;

	lease->state.returned = true;
	assert_int_equal(write(lease->event, &one, sizeof(one)), sizeof(one));
}

unsigned int fake_open_leases(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_LEASES; i++)
		n += fake_leases[i].open;
	return n;
}
