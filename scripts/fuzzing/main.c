// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a target gets its inputs. Built for an engine, it is called for each, many in one process.
 * Built for replay, it takes files: of a file that ends in .hex each line is an input in
 * hexadecimal digits, and '#' begins a comment; any other file is an input. It says how many there
 * were, or at which one it has ended early.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX	4096

bool fuzz_no_memory;

static const char *current_file = "of the engine";
static unsigned int current_line;

void fuzz_broken(const char *file, int line, const char *text)
{
	const char *name = strrchr(file, '/');

	fprintf(stderr, "BROKEN: %s (%s:%d), input %s:%u\n", text, name ? name + 1 : file, line,
		current_file, current_line);
	abort();
}

uint64_t fuzz_take(struct fuzz_input *in, unsigned int bytes)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < bytes && in->left; i++, in->left--)
		value |= (uint64_t)*in->at++ << (8 * i);
	return value;
}

void *fuzz_copy(struct fuzz_input *in, size_t len)
{
	size_t there = len < in->left ? len : in->left;
	uint8_t *copy = malloc(len);

	if (!copy)
		abort();
	memcpy(copy, in->at, there);
	memset(copy + there, 0, len - there);
	in->at += there;
	in->left -= there;
	return copy;
}

static void run(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = { bytes, len };

	fuzz_no_memory = false;
	fuzz_one(&in);
}

#ifndef FUZZING_REPLAY

/* The engines, libFuzzer and AFL++'s own driver, call this for each input */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	run(bytes, len);
	return 0;
}

#else

/* The digits at the start of a line as bytes; -1 when they are no bytes, or too many */
static int read_hex(const char *line, uint8_t *bytes)
{
	unsigned int byte;
	int n = 0, used;

	for (; *line && !strchr("#\n", *line); line += 2) {
		if (n == INPUT_MAX || sscanf(line, "%2x%n", &byte, &used) != 1 || used != 2)
			return -1;
		bytes[n++] = byte;
	}
	return n;
}

static unsigned int replay_lines(FILE *file)
{
	static char line[2 * INPUT_MAX + 1024];
	static uint8_t bytes[INPUT_MAX];
	unsigned int n = 0;
	int len;

	for (current_line = 1; fgets(line, sizeof(line), file); current_line++) {
		if (*line == '#')
			continue;
		len = read_hex(line, bytes);
		if (len < 0) {
			fprintf(stderr, "%s:%u: no input\n", current_file, current_line);
			exit(2);
		}
		run(bytes, len);
		n++;
	}
	return n;
}

static unsigned int replay_one(FILE *file)
{
	static uint8_t bytes[INPUT_MAX];

	current_line = 0;
	run(bytes, fread(bytes, 1, sizeof(bytes), file));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned int n = 0;
	const char *end;
	FILE *file;
	int i;

	for (i = 1; i < argc; i++) {
		current_file = argv[i];
		file = fopen(current_file, "r");
		if (!file) {
			perror(current_file);
			return 2;
		}
		end = strrchr(current_file, '.');
		n += end && !strcmp(end, ".hex") ? replay_lines(file) : replay_one(file);
		fclose(file);
	}
	printf("%u inputs\n", n);
	return !n;
}

#endif
