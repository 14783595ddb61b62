/* SPDX-License-Identifier: Apache-2.0 */
/* Text of device trees can be anything: what is not ASCII is not trusted to be UTF-8. */
#include "tools/json.h"

#include <assert.h>
#include <inttypes.h>

static void put_text(struct json *json, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', json->file);
	for (; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(json->file, "\\%c", *at);
		else if (*at < 0x20 || *at == 0x7f)
			fprintf(json->file, "\\u%04x", *at);
		else if (*at < 0x7f)
			fputc(*at, json->file);
		else
			fputs("\\ufffd", json->file);
	}
	fputc('"', json->file);
}

static void new_line(const struct json *json)
{
	fputc('\n', json->file);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->file);
}

/* What comes before a value. */
static void start_value(struct json *json, const char *name)
{
	if (json->depth) {
		if (json->has_one[json->depth])
			fputc(',', json->file);
		json->has_one[json->depth] = true;
		new_line(json);
	}
	if (!name)
		return;
	put_text(json, name);
	fputs(": ", json->file);
}

static void open_value(struct json *json, const char *name, bool is_list)
{
	start_value(json, name);
	fputc(is_list ? '[' : '{', json->file);
	json->depth++;
	/* Depth is that of the program's own structure, not of its input. */
	assert(json->depth < JSON_DEPTH_MOST);
	json->has_one[json->depth] = false;
	json->is_list[json->depth] = is_list;
}

void json_begin(struct json *json, const char *name)
{
	open_value(json, name, false);
}

void json_begin_list(struct json *json, const char *name)
{
	open_value(json, name, true);
}

void json_end(struct json *json)
{
	bool is_list = json->is_list[json->depth], has_one = json->has_one[json->depth];

	json->depth--;
	if (has_one)
		new_line(json);
	fputc(is_list ? ']' : '}', json->file);
}

void json_string(struct json *json, const char *name, const char *text)
{
	start_value(json, name);
	put_text(json, text);
}

void json_hex(struct json *json, const char *name, uint64_t value)
{
	start_value(json, name);
	fprintf(json->file, "\"0x%" PRIx64 "\"", value);
}

void json_number(struct json *json, const char *name, uint32_t value)
{
	start_value(json, name);
	fprintf(json->file, "%" PRIu32, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	start_value(json, name);
	fputs(value ? "true" : "false", json->file);
}
