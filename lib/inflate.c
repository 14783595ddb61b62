/* SPDX-License-Identifier: Apache-2.0 */
/* DEFLATE by canonical Huffman codes, decoded bit by bit through counts per length (RFC 1951, 3.2). */
#include "lib/inflate.h"

#include "lib/bits.h"
#include "lib/string.h"

#define CODE_BITS_MAX 15
#define LITERALS      288
#define DISTANCES     30
#define FAST_BITS     9

struct stream {
	const uint8_t *in;
	size_t in_left;
	uint64_t bits; /* read ahead, the next bit lowest */
	unsigned bit_count;
	uint8_t *out;
	size_t out_size, out_used;
	bool failed; /* the input ended, or is damaged: all reads give zero from here on */
};

/* Codes of one length are consecutive: how many there are, and the symbols in code order. */
struct huffman {
	uint16_t count[CODE_BITS_MAX + 1];
	uint16_t symbol[LITERALS];
	uint16_t fast[1U
			<< FAST_BITS]; /* by the next bits: symbol << 4 | length; 0: a longer code */
};

static void refill(struct stream *s)
{
	while (s->bit_count <= 56 && s->in_left) {
		s->bits |= (uint64_t)*s->in++ << s->bit_count;
		s->in_left--;
		s->bit_count += 8;
	}
}

static uint32_t take_bits(struct stream *s, unsigned count)
{
	uint32_t value;

	if (s->bit_count < count)
		refill(s);
	if (s->bit_count < count) {
		s->failed = true;
		return 0;
	}
	value = (uint32_t)(s->bits & (BIT(count) - 1));
	s->bits >>= count;
	s->bit_count -= count;
	return value;
}

static unsigned reverse(unsigned code, unsigned length)
{
	unsigned out = 0;

	while (length--) {
		out = out << 1 | (code & 1);
		code >>= 1;
	}
	return out;
}

static void fill_fast(
		struct huffman *h, const uint16_t *next_code, const uint8_t *lengths, unsigned n)
{
	uint16_t code[CODE_BITS_MAX + 1];

	memcpy(code, next_code, sizeof(code));
	for (unsigned i = 0; i < n; i++) {
		unsigned length = lengths[i];

		if (!length)
			continue;
		if (length <= FAST_BITS) {
			unsigned first = reverse(code[length], length);

			for (unsigned k = first; k < 1U << FAST_BITS; k += 1U << length)
				h->fast[k] = (uint16_t)(i << 4 | length);
		}
		code[length]++;
	}
}

/* False: more codes than their lengths leave room for. Fewer are legal for a single distance code. */
static bool huffman_build(struct huffman *h, const uint8_t *lengths, unsigned n)
{
	uint16_t offset[CODE_BITS_MAX + 2] = { 0 }, next_code[CODE_BITS_MAX + 1] = { 0 };
	int room = 1;

	memset(h, 0, sizeof(*h));
	for (unsigned i = 0; i < n; i++)
		h->count[lengths[i]]++;
	h->count[0] = 0;
	for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
		room = (room << 1) - h->count[length];
		if (room < 0)
			return false;
		offset[length + 1] = (uint16_t)(offset[length] + h->count[length]);
		next_code[length] = (uint16_t)((next_code[length - 1] + h->count[length - 1]) << 1);
	}
	fill_fast(h, next_code, lengths, n);
	for (unsigned i = 0; i < n; i++) {
		if (lengths[i])
			h->symbol[offset[lengths[i]]++] = (uint16_t)i;
	}
	return true;
}

static unsigned decode_slow(struct stream *s, const struct huffman *h)
{
	int code = 0, first = 0, index = 0;

	for (unsigned length = 1; length <= CODE_BITS_MAX; length++) {
		int count = h->count[length];

		code |= (int)take_bits(s, 1);
		if (code - count < first)
			return h->symbol[index + (code - first)];
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	s->failed = true;
	return 0;
}

static unsigned decode(struct stream *s, const struct huffman *h)
{
	unsigned entry;

	if (s->bit_count < CODE_BITS_MAX)
		refill(s);
	entry = h->fast[s->bits & ((1U << FAST_BITS) - 1)];
	if (!entry || (entry & 15) > s->bit_count)
		return decode_slow(s, h);
	s->bits >>= entry & 15;
	s->bit_count -= entry & 15;
	return entry >> 4;
}

static void put(struct stream *s, uint8_t byte)
{
	if (s->out_used == s->out_size)
		s->failed = true;
	else
		s->out[s->out_used++] = byte;
}

/* The source may overlap what is being written: that repeats it. */
static void copy_back(struct stream *s, size_t distance, size_t length)
{
	if (distance > s->out_used || length > s->out_size - s->out_used) {
		s->failed = true;
		return;
	}
	for (size_t i = 0; i < length; i++) {
		s->out[s->out_used] = s->out[s->out_used - distance];
		s->out_used++;
	}
}

static void match(struct stream *s, unsigned symbol, const struct huffman *distances)
{
	static const uint16_t length_base[] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27,
		31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
	static const uint8_t length_extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3,
		3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
	static const uint16_t distance_base[] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97,
		129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
		16385, 24577 };
	size_t length, distance;
	unsigned d;

	symbol -= 257;
	if (symbol >= ARRAY_SIZE(length_base)) {
		s->failed = true;
		return;
	}
	length = length_base[symbol] + take_bits(s, length_extra[symbol]);
	d = decode(s, distances);
	if (d >= ARRAY_SIZE(distance_base)) {
		s->failed = true;
		return;
	}
	distance = distance_base[d] + take_bits(s, d < 2 ? 0 : (d >> 1) - 1);
	copy_back(s, distance, length);
}

static void unpack_block(
		struct stream *s, const struct huffman *literals, const struct huffman *distances)
{
	while (!s->failed) {
		unsigned symbol = decode(s, literals);

		if (symbol == 256)
			return;
		if (symbol < 256)
			put(s, (uint8_t)symbol);
		else
			match(s, symbol, distances);
	}
}

static void stored_block(struct stream *s)
{
	uint32_t length, complement;

	take_bits(s, s->bit_count & 7);
	length = take_bits(s, 16);
	complement = take_bits(s, 16);
	if (length != (~complement & 0xffff))
		s->failed = true;
	while (length-- && !s->failed)
		put(s, (uint8_t)take_bits(s, 8));
}

/* A few KiB that would be much of an EL2 stack. Unpacking happens once at boot, on one CPU. */
static struct huffman literal_codes, distance_codes;

static void fixed_block(struct stream *s)
{
	uint8_t lengths[LITERALS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	huffman_build(&literal_codes, lengths, LITERALS);
	memset(lengths, 5, DISTANCES);
	huffman_build(&distance_codes, lengths, DISTANCES);
	unpack_block(s, &literal_codes, &distance_codes);
}

/* Code lengths are themselves coded: 16 repeats the last, 17 and 18 are runs of zero (3.2.7). */
static void read_lengths(struct stream *s, uint8_t *lengths, unsigned total)
{
	unsigned i = 0;

	while (i < total && !s->failed) {
		unsigned symbol = decode(s, &literal_codes);
		unsigned repeat = 1;
		uint8_t value = (uint8_t)symbol;

		if (symbol >= 16) {
			value = symbol == 16 && i ? lengths[i - 1] : 0;
			s->failed |= symbol == 16 && !i;
			repeat = symbol == 16   ? 3 + take_bits(s, 2)
			         : symbol == 17 ? 3 + take_bits(s, 3)
			                        : 11 + take_bits(s, 7);
		}
		if (repeat > total - i)
			s->failed = true;
		else
			memset(lengths + i, value, repeat);
		i += repeat;
	}
}

static void dynamic_block(struct stream *s)
{
	static const uint8_t order[] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14,
		1, 15 };
	uint8_t lengths[LITERALS + 32] = { 0 };
	unsigned literals = 257 + take_bits(s, 5);
	unsigned distances = 1 + take_bits(s, 5);
	unsigned codes = 4 + take_bits(s, 4);

	for (unsigned i = 0; i < codes; i++)
		lengths[order[i]] = (uint8_t)take_bits(s, 3);
	if (literals > 286 || distances > DISTANCES ||
			!huffman_build(&literal_codes, lengths, 19)) {
		s->failed = true;
		return;
	}
	memset(lengths, 0, sizeof(lengths));
	read_lengths(s, lengths, literals + distances);
	if (s->failed || !lengths[256] || !huffman_build(&literal_codes, lengths, literals) ||
			!huffman_build(&distance_codes, lengths + literals, distances)) {
		s->failed = true;
		return;
	}
	unpack_block(s, &literal_codes, &distance_codes);
}

static void unpack_deflate(struct stream *s)
{
	static void (*const kinds[])(
			struct stream *s) = { stored_block, fixed_block, dynamic_block };
	bool last = false;

	while (!last && !s->failed) {
		unsigned kind;

		last = take_bits(s, 1);
		kind = take_bits(s, 2);
		if (kind < ARRAY_SIZE(kinds))
			kinds[kind](s);
		else
			s->failed = true;
	}
}

#define GZIP_HEADER  10
#define GZIP_TRAILER 8
#define FLAG_HCRC    BIT(1)
#define FLAG_EXTRA   BIT(2)
#define FLAG_NAME    BIT(3)
#define FLAG_COMMENT BIT(4)

bool gzip_is_member(const void *data, size_t size)
{
	const uint8_t *p = data;

	return size >= GZIP_HEADER + GZIP_TRAILER && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static uint32_t load_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t gzip_stated_size(const void *data, size_t size)
{
	return gzip_is_member(data, size) ? load_le32((const uint8_t *)data + size - 4) : 0;
}

static void skip_string(struct stream *s)
{
	while (!s->failed && take_bits(s, 8))
		;
}

static void skip_header(struct stream *s)
{
	unsigned flags;

	take_bits(s, 24);
	flags = take_bits(s, 8);
	take_bits(s, 24);
	take_bits(s, 24);
	if (flags & FLAG_EXTRA) {
		unsigned length = take_bits(s, 16);

		while (length-- && !s->failed)
			take_bits(s, 8);
	}
	if (flags & FLAG_NAME)
		skip_string(s);
	if (flags & FLAG_COMMENT)
		skip_string(s);
	if (flags & FLAG_HCRC)
		take_bits(s, 16);
}

/* CRC-32 of RFC 1952, four bits at a time. */
static uint32_t crc32(const uint8_t *data, size_t size)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
		0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc = table[(crc ^ data[i]) & 15] ^ (crc >> 4);
		crc = table[(crc ^ (uint32_t)(data[i] >> 4)) & 15] ^ (crc >> 4);
	}
	return ~crc;
}

int64_t gzip_unpack(void *out, size_t out_size, const void *data, size_t size)
{
	struct stream s = { .in = data, .in_left = size, .out = out, .out_size = out_size };
	uint32_t crc, stated;

	if (!gzip_is_member(data, size))
		return -1;
	skip_header(&s);
	unpack_deflate(&s);
	take_bits(&s, s.bit_count & 7);
	crc = take_bits(&s, 32);
	stated = take_bits(&s, 32);
	if (s.failed || stated != (uint32_t)s.out_used || crc != crc32(out, s.out_used))
		return -1;
	return (int64_t)s.out_used;
}
