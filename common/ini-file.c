// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "common/ini-file.h"

/* The first complaint counts */
static void note_complaint(struct xdc_ini *ini, unsigned int line,
			   const char *fmt, va_list args)
{
	if (ini->bad_line)
		return;
	vsnprintf(ini->why, sizeof(ini->why), fmt, args);
	ini->bad_line = line;
}

int xdc_ini_reject(struct xdc_ini *ini, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note_complaint(ini, ini->line, fmt, args);
	va_end(args);
	return -EINVAL;
}

int xdc_ini_reject_line(struct xdc_ini *ini, unsigned int line, const char *fmt,
			...)
{
	va_list args;

	va_start(args, fmt);
	note_complaint(ini, line, fmt, args);
	va_end(args);
	return -EINVAL;
}

int xdc_ini_log_level(struct xdc_ini *ini, const char *value,
		      enum xdc_level *level)
{
	if (!xdc_log_parse(value, level))
		return 0;
	return xdc_ini_reject(
		ini,
		"log-level is '%s', and must be error, warning, info or debug",
		value);
}

/*
 * libinih tells neither of the line that it is in, nor of sections without keys, and
 * cuts their names off: so each line is looked at before it gets it
 */
static char *read_line(char *text, int size, void *user)
{
	struct xdc_ini *ini = user;
	char *begin, *end;

	if (ini->bad_line)
		return NULL;
	if (!fgets(text, size, ini->file)) {
		/* a folder, for example */
		if (ferror(ini->file))
			xdc_ini_reject_line(ini, ini->line + 1,
					    "cannot be read: %s",
					    strerror(errno));
		return NULL;
	}
	ini->line++;
	if (!strchr(text, '\n') && !feof(ini->file)) {
		xdc_ini_reject(ini, "more than %d characters", size - 2);
		return NULL;
	}
	begin = text + strspn(text, " \t");
	/* libinih would take it for more of the value before it */
	if (begin != text && !strchr("#;\r\n", *begin)) {
		xdc_ini_reject(ini, "a line must not begin with a blank");
		return NULL;
	}
	end = *begin == '[' ? strchr(begin, ']') : NULL;
	if (end) {
		*end = '\0';
		ini->begun = true;
		ini->section(ini, begin + 1);
		*end = ']';
	}
	return text;
}

/* For libinih: 0 is an error */
static int take_key(void *user, const char *section, const char *name,
		    const char *value)
{
	struct xdc_ini *ini = user;

	if (!ini->begun)
		xdc_ini_reject(ini, "'%s' is in no section", name);
	return !ini->bad_line && !ini->key(ini, name, value);
}

/* Length of the part of @path that is a folder which this user may not enter; 0: none is */
static int find_closed_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *end;

	for (end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(end - path),
			 path);
		if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS))
			return errno == EACCES ? (int)(end - path) : 0;
	}
	return 0;
}

/* Where root has packed a folder for itself alone, the file's own mode misleads */
static int explain_open(const char *path, int err, struct xdc_reason *why)
{
	int len = err == -EACCES && *path ? find_closed_folder(path) : 0;

	if (!len)
		return xdc_reason_set(why, err, "%s: %s", path, strerror(-err));
	return xdc_reason_set(
		why, err,
		"%s: %s: this user may not enter the folder %.*s (as root: chmod a+x %.*s)",
		path, strerror(-err), len, path, len, path);
}

int xdc_ini_open(struct xdc_ini *ini, const char *path, struct xdc_reason *why)
{
	ini->bad_line = 0;
	ini->file = fopen(path, "re");
	return ini->file ? 0 : explain_open(path, -errno, why);
}

void xdc_ini_read(struct xdc_ini *ini)
{
	int line;

	rewind(ini->file);
	ini->line = 0;
	ini->begun = false;
	line = ini_parse_stream(read_line, ini, take_key, ini);
	if (line < 0)
		xdc_ini_reject_line(ini, ini->line + 1, "out of memory");
	if (line > 0 &&
	    (!ini->bad_line || (unsigned int)line < ini->bad_line)) {
		/* libinih has read on, and a later line may be wrong, too */
		ini->bad_line = 0;
		xdc_ini_reject_line(ini, (unsigned int)line,
				    "neither [section] nor key = value");
	}
}

int xdc_ini_close(struct xdc_ini *ini, const char *path, struct xdc_reason *why)
{
	fclose(ini->file);
	ini->file = NULL;
	if (!ini->bad_line)
		return 0;
	return xdc_reason_set(why, -EINVAL, "%s:%u: %s", path, ini->bad_line,
			      ini->why);
}

int xdc_ini_load(struct xdc_ini *ini, const char *path, struct xdc_reason *why)
{
	int err = xdc_ini_open(ini, path, why);

	if (err)
		return err;
	xdc_ini_read(ini);
	if (ini->end)
		ini->end(ini);
	return xdc_ini_close(ini, path, why);
}
