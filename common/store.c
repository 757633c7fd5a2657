// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/store.h"

static int join_path(char *path, size_t len, const char *dir, const char *name)
{
	int n = snprintf(path, len, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

/* NULL: errno is set */
static char *read_value(struct xs_handle *xs, const char *dir, const char *name)
{
	char path[192];

	if (join_path(path, sizeof(path), dir, name)) {
		errno = ENOENT;
		return NULL;
	}
	/* libxenstore adds a NUL; the value itself may hold more of them */
	return xs_read(xs, XBT_NULL, path, NULL);
}

/* A node that may not be read is none to this domain */
static int read_error(void)
{
	return !errno ? -EIO : errno == EACCES ? -ENOENT : -errno;
}

int xdc_store_number(struct xs_handle *xs, const char *dir, const char *name,
		     uint32_t max, uint32_t *out)
{
	char *text = read_value(xs, dir, name);
	int err;

	if (!text)
		return -ENOENT;
	err = xdc_parse_number(text, max, out);
	free(text);
	return err;
}

static void replace_unprintable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			*text = '?';
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *buf, uint32_t len)
{
	char *text = read_value(xs, dir, name);

	if (!text)
		return -ENOENT;
	snprintf(buf, len, "%s", text);
	free(text);
	replace_unprintable(buf);
	return 0;
}

int xdc_store_raw(struct xs_handle *xs, const char *dir, const char *name,
		  char *buf, uint32_t len)
{
	char *text = read_value(xs, dir, name);
	int err = 0;

	if (!text)
		return read_error();
	if (strlen(text) >= len)
		err = -ENAMETOOLONG;
	else
		strcpy(buf, text);
	free(text);
	return err;
}

void xdc_printable(char *buf, uint32_t len, const char *text)
{
	int n = snprintf(buf, len, "%s", text);

	if (n >= (int)len && len > 4)
		strcpy(buf + len - 4, "...");
	replace_unprintable(buf);
}

bool xdc_store_has_domain(struct xs_handle *xs, uint16_t domid)
{
	return xs_is_domain_introduced(xs, domid);
}

int xdc_store_may_write(struct xs_handle *xs, const char *dir, const char *name,
			uint16_t domid)
{
	struct xs_permissions *perms;
	unsigned int i, n = 0;
	char path[192];
	bool may;

	if (join_path(path, sizeof(path), dir, name))
		return -ENOENT;
	perms = xs_get_permissions(xs, XBT_NULL, path, &n);
	if (!perms)
		return read_error();
	/* entry 0 is the owner, and what domains not listed may do */
	may = !n || perms[0].id == domid || perms[0].perms & XS_PERM_WRITE;
	for (i = 1; !may && i < n; i++)
		may = perms[i].id == domid && perms[i].perms & XS_PERM_WRITE;
	free(perms);
	return may;
}

bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *name, uint16_t domid)
{
	return !xdc_store_may_write(xs, dir, name, domid);
}

/*
 * A toolstack may remove @dir at any time, and a plain write would create it
 * again, to stay: check and write in one transaction.
 */
static int write_once(struct xs_handle *xs, const char *dir, const char *path,
		      const char *value)
{
	xs_transaction_t t = xs_transaction_start(xs);
	char *exists;
	int err = 0;

	if (t == XBT_NULL)
		return errno ? -errno : -EIO;
	exists = xs_read(xs, t, dir, NULL);
	if (!exists)
		err = -ENOENT;
	else if (!xs_write(xs, t, path, value, (unsigned int)strlen(value)))
		err = errno ? -errno : -EIO;
	free(exists);
	if (!xs_transaction_end(xs, t, err) && !err)
		err = errno ? -errno : -EIO;
	return err;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value)
{
	char path[192];
	int err = join_path(path, sizeof(path), dir, name);
	unsigned int tries;

	for (tries = 0; !err && tries < 10; tries++) {
		err = write_once(xs, dir, path, value);
		if (err != -EAGAIN)
			return err;
		err = 0;
	}
	return err ? err : -EAGAIN;
}

int xdc_store_remove_offline(struct xs_handle *xs, const char *dir)
{
	xs_transaction_t t = xs_transaction_start(xs);
	char path[192], *online = NULL;
	int err;

	if (t == XBT_NULL)
		return errno ? -errno : -EIO;
	err = join_path(path, sizeof(path), dir, "online");
	if (!err)
		online = xs_read(xs, t, path, NULL);
	if (!online || strcmp(online, "0"))
		err = -EBUSY;
	else if (!xs_rm(xs, t, dir))
		err = errno ? -errno : -EIO;
	free(online);
	if (!xs_transaction_end(xs, t, err) && !err)
		err = errno ? -errno : -EIO;
	return err;
}

bool xdc_store_exists(struct xs_handle *xs, const char *dir, const char *name)
{
	char *value = read_value(xs, dir, name);

	free(value);
	return value != NULL;
}

int xdc_store_watch(struct xs_handle *xs, const char *dir)
{
	if (xs_watch(xs, dir, dir))
		return 0;
	return errno ? -errno : -EIO;
}

void xdc_store_unwatch(struct xs_handle *xs, const char *dir)
{
	xs_unwatch(xs, dir, dir);
}
