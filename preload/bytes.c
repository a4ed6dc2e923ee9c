/* SPDX-License-Identifier: MIT
 *
 * The functions of string.h that this library uses, bound inside it: under the names of libc they
 * would be those of whoever comes first in the process. A program's own may count, be slow or be
 * wrong; ThreadSanitizer's watch every byte and report as a race what is published by a release
 * store that they did not see.
 *
 * As in ISO C 7.24. Not part of the object library: tests, and sanitizers over it, have libc's.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Keeps compilers from making a call of the very function out of its loop. */
#define OPAQUE(value) __asm__("" : "+r"(value))

void *memcpy(void *to, const void *from, size_t n)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int byte, size_t n)
{
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if ((uintptr_t)to - (uintptr_t)from >= n)
        return memcpy(to, from, n);
    for (; n; n--) {
        out[n - 1] = in[n - 1];
        OPAQUE(out);
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    for (; n && *x == *y; n--)
        x++, y++;
    return n ? *x - *y : 0;
}

size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n]) {
        n++;
        OPAQUE(n);
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n && *a && *a == *b; n--)
        a++, b++;
    return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

char *strcpy(char *to, const char *from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *to, const char *from, size_t n)
{
    size_t length = 0;
    while (length < n && from[length])
        length++;
    memcpy(to, from, length);
    memset(to + length, 0, n - length);
    return to;
}

char *strchr(const char *text, int byte)
{
    for (; *text != (char)byte; text++)
        if (!*text)
            return NULL;
    return (char *)text;
}

char *strrchr(const char *text, int byte)
{
    const char *found = NULL;
    for (; *text; text++)
        if (*text == (char)byte)
            found = text;
    return (char *)(byte ? found : text);
}

size_t strcspn(const char *text, const char *reject)
{
    size_t n = 0;
    while (text[n] && !strchr(reject, text[n]))
        n++;
    return n;
}

size_t strspn(const char *text, const char *accept)
{
    size_t n = 0;
    while (text[n] && strchr(accept, text[n]))
        n++;
    return n;
}

char *strstr(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text; text++)
        if (!strncmp(text, word, length))
            return (char *)text;
    return length ? NULL : (char *)text;
}
