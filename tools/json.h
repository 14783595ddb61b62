/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON (RFC 8259), indented. `name` is NULL inside a list and for the outermost value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MOST = 16 };

struct json {
	FILE *file;
	unsigned depth;
	bool has_one[JSON_DEPTH_MOST]; /* at this depth */
	bool is_list[JSON_DEPTH_MOST];
};

void json_begin(struct json *json, const char *name); /* an object */
void json_begin_list(struct json *json, const char *name);
void json_end(struct json *json);

/* Bytes that are no UTF-8 are written as U+FFFD. */
void json_string(struct json *json, const char *name, const char *text);
void json_hex(struct json *json, const char *name, uint64_t value); /* a string, "0x..." */
void json_number(struct json *json, const char *name, uint32_t value);
void json_bool(struct json *json, const char *name, bool value);
