/* SPDX-License-Identifier: Apache-2.0 */
/* Files are read whole and replaced whole, so that an interrupted graftctl leaves no half of a tree. */
#include "tools/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dt/dt_env.h"
#include "tools/say.h"

static bool failed(const char *what, const char *name)
{
	say_error("cannot %s %s: %s", what, name, strerror(errno));
	return false;
}

bool file_read(const char *name, struct bytes *out)
{
	bool is_stdin = strcmp(name, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(name, "rb");
	bool good;

	if (!file)
		return failed("open", name);
	out->at = malloc(DT_BLOB_MAX + 1);
	errno = out->at ? 0 : ENOMEM;
	out->size = out->at ? fread(out->at, 1, DT_BLOB_MAX + 1, file) : 0;
	good = out->at && !ferror(file);
	if (!good)
		failed("read", name);
	if (!is_stdin)
		fclose(file);
	if (!good)
		free(out->at);
	return good;
}

static bool write_stream(FILE *file, struct bytes content)
{
	return fwrite(content.at, 1, content.size, file) == content.size && fflush(file) == 0;
}

/* A device or a pipe cannot be replaced. */
static bool write_in_place(const char *name, struct bytes content)
{
	FILE *file = fopen(name, "wb");
	bool good = file && write_stream(file, content);

	if (file && fclose(file) != 0)
		good = false;
	return good || failed("write", name);
}

static bool write_new(char *part, struct bytes content)
{
	mode_t mask = umask(0);
	int fd = mkstemp(part);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
	bool good;

	umask(mask);
	if (!file)
		return false;
	good = fchmod(fd, 0666 & ~mask) == 0 && write_stream(file, content);
	return fclose(file) == 0 && good;
}

static bool replace(const char *name, struct bytes content)
{
	size_t size = strlen(name) + sizeof(".XXXXXX");
	char *part = malloc(size);
	bool good = part != NULL;

	if (good) {
		snprintf(part, size, "%s.XXXXXX", name);
		good = write_new(part, content) && rename(part, name) == 0;
		if (!good)
			failed("write", name);
		if (!good)
			unlink(part);
	}
	free(part);
	return good;
}

bool file_write(const char *name, struct bytes content)
{
	struct stat there;

	if (strcmp(name, "-") == 0)
		return write_stream(stdout, content) || failed("write", "stdout");
	if (stat(name, &there) == 0 && !S_ISREG(there.st_mode))
		return write_in_place(name, content);
	return replace(name, content);
}
