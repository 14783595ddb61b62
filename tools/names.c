/* SPDX-License-Identifier: Apache-2.0 */
/* The digest stands before the file: numbers of overlays begin anew with each boot of the hypervisor. */
#include "tools/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cmdline.h"
#include "tools/memory.h"
#include "tools/store.h"

#define FOLDER "/graft/overlays"

enum { DIGEST_LENGTH = 16 };

/* What came last of that size is what was just added. */
static const struct graft_overlay *find_added(uint32_t size)
{
	uint32_t count;
	const struct graft_overlay *overlays = hyper_list_overlays(&count);

	while (overlays && count)
		if (overlays[--count].blob_size == size)
			return &overlays[count];
	return NULL;
}

void names_note_added(const struct hyper_blob *blob)
{
	const struct graft_overlay *overlay;
	char *path, *value;

	if (!hyper_is_graft() || strcmp(blob->file, "-") == 0 || !store_open_quietly())
		return;
	overlay = find_added(blob->size);
	if (!overlay)
		return;
	path = memory_print(FOLDER "/%" PRIu32, overlay->id);
	value = memory_print("%016" PRIx64 " %s", overlay->digest, blob->file);
	(void)store_write(path, value, strlen(value));
	free(path);
	free(value);
}

static bool is_there(const struct graft_overlay *overlays, uint32_t count, uint64_t id)
{
	for (uint32_t i = 0; i < count; i++)
		if (overlays[i].id == id)
			return true;
	return false;
}

void names_tidy(void)
{
	const struct graft_overlay *overlays;
	unsigned noted = 0;
	uint32_t count;
	uint64_t id;
	char **names, *path;

	if (!hyper_is_graft() || !store_open_quietly())
		return;
	names = store_list(FOLDER, &noted);
	overlays = noted ? hyper_list_overlays(&count) : NULL;
	for (unsigned i = 0; overlays && i < noted; i++) {
		if (cmdline_number(names[i], &id) && is_there(overlays, count, id))
			continue;
		path = memory_print(FOLDER "/%s", names[i]);
		(void)store_remove(path);
		free(path);
	}
	free(names);
}

/* The value of a path; NULL: none. */
static char *read_text(char *path)
{
	struct bytes value = { 0 };
	bool found = store_open_quietly() && store_read(path, &value);

	free(path);
	return found ? (char *)value.at : NULL;
}

char *names_file_of(const struct graft_overlay *overlay)
{
	char *text = read_text(memory_print(FOLDER "/%" PRIu32, overlay->id)), *file = NULL;
	char *digest = memory_print("%016" PRIx64 " ", overlay->digest);

	if (text && strncmp(text, digest, DIGEST_LENGTH + 1) == 0)
		file = memory_print("%s", text + DIGEST_LENGTH + 1);
	free(text);
	free(digest);
	return file;
}

char *names_holder(uint16_t owner)
{
	char *name = NULL;

	if (owner != 0 && owner != GRAFT_OWNER_GRAFT && owner != GRAFT_OWNER_NOBODY)
		name = read_text(memory_print("/local/domain/%u/name", owner));
	return name ? name : memory_print("%s", hyper_owner_name(owner));
}
