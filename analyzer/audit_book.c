/* SPDX-License-Identifier: MIT
 *
 * See audit_book.h. Rows and texts are found by a 64-bit hash of their content.
 */
#include "audit_book.h"

#include "text.h"

#include <string.h>
#include <xxhash.h>

#define THREADS_MOST 4096u

void audit_book_begin(struct audit_book *book)
{
    *book = (struct audit_book){0};
    book->text_ids.arena = book->row_ids.arena = &book->arena;
    audit_book_text(book, "");
}

uint32_t audit_book_text(struct audit_book *book, const char *text)
{
    uint64_t hash = XXH3_64bits(text, strlen(text));
    uint32_t id = map_get(&book->text_ids, hash);
    if (id != MAP_NONE)
        return id;
    book->texts = arena_grow(&book->arena, book->texts, sizeof *book->texts, book->text_count,
                             &book->text_capacity);
    id = (uint32_t)book->text_count++;
    book->texts[id] = text_clean(&book->arena, text);
    map_put(&book->text_ids, hash, id);
    return id;
}

uint32_t audit_book_image(struct audit_book *book, pid_t pid, uint32_t program)
{
    book->images = arena_grow(&book->arena, book->images, sizeof *book->images, book->image_count,
                              &book->image_capacity);
    book->images[book->image_count] = (struct audit_book_image){.pid = pid, .program = program};
    return (uint32_t)book->image_count++;
}

/* Where the threads beyond the first thousands are summed: one entry an image. */
static uint32_t rest_of(const struct audit_book *book, uint32_t image)
{
    for (size_t i = THREADS_MOST; i < book->thread_count; i++)
        if (book->threads[i].image == image && book->threads[i].tid == 0)
            return (uint32_t)i;
    return MAP_NONE;
}

uint32_t audit_book_thread(struct audit_book *book, uint32_t image, pid_t tid, const char *name)
{
    bool many = book->thread_count >= THREADS_MOST;
    uint32_t rest = many ? rest_of(book, image) : MAP_NONE;
    if (rest != MAP_NONE)
        return rest;
    book->threads = arena_grow(&book->arena, book->threads, sizeof *book->threads,
                               book->thread_count, &book->thread_capacity);
    book->threads[book->thread_count] =
        (struct audit_thread){.image = image,
                              .tid = many ? 0 : tid,
                              .name = audit_book_text(book, many ? "the rest" : name)};
    return (uint32_t)book->thread_count++;
}

static uint32_t row_of(struct audit_book *book, const struct audit_key *key)
{
    uint64_t hash = XXH3_64bits(key, sizeof *key);
    uint32_t id = map_get(&book->row_ids, hash);
    if (id != MAP_NONE)
        return id;
    book->rows = arena_grow(&book->arena, book->rows, sizeof *book->rows, book->row_count,
                            &book->row_capacity);
    id = (uint32_t)book->row_count++;
    book->rows[id] = (struct audit_row){.key = *key};
    map_put(&book->row_ids, hash, id);
    return id;
}

static struct audit_sum *side_of(struct audit_book *book, uint32_t thread, uint32_t row)
{
    struct audit_thread *of = &book->threads[thread];
    return book->rows[row].key.why == AUDIT_INSIDE ? &of->inside : &of->outside;
}

uint32_t audit_book_enter(struct audit_book *book, uint32_t thread, const struct audit_key *key)
{
    uint32_t row = row_of(book, key);
    book->rows[row].calls++;
    side_of(book, thread, row)->calls++;
    return row;
}

void audit_book_add(struct audit_book *book, uint32_t thread, uint32_t row, uint64_t ns)
{
    book->rows[row].ns += ns;
    side_of(book, thread, row)->ns += ns;
}

void audit_book_leave(struct audit_book *book, uint32_t thread, uint32_t row, uint64_t ns)
{
    audit_book_add(book, thread, row, ns);
    if (!book->least_ns || ns < book->least_ns)
        book->least_ns = ns;
}
