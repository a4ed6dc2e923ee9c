// SPDX-License-Identifier: MIT
//
// A model of libvirt's client: many callers share one connection. One of them holds the buck: it
// polls the socket and reads everybody's answers; the others wait on conditions of their own until
// theirs has come or the buck is passed to them. A caller that is put aside while it holds the
// buck, or while it holds the lock, stops all of them: that is what this is a test for.

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct call {
    uint32_t serial, reply;
    bool answered;
    pthread_cond_t wake;
    struct call *next;
};

struct handoff {
    int fd;
    uint32_t serial;
    bool polling; // somebody holds the buck
    pthread_mutex_t lock;
    struct call *calls;
};

struct message {
    uint32_t serial, value;
};

struct handoff *handoff_new(int fd);
int64_t handoff_call(struct handoff *client, uint32_t value);

// A client of a connected socket, which stays its maker's; NULL without memory.
struct handoff *handoff_new(int fd)
{
    struct handoff *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->fd = fd;
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

// One answer from the connection, with the lock held by nobody. 0, or -1.
static int read_answer(struct handoff *client, struct message *answer)
{
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    int count;
    do
        count = poll(&ready, 1, -1);
    while (count < 0 && errno == EINTR);
    return read(client->fd, answer, sizeof *answer) == (ssize_t)sizeof *answer ? 0 : -1;
}

static void deliver(struct handoff *client, const struct message *answer)
{
    for (struct call *call = client->calls; call; call = call->next)
        if (call->serial == answer->serial) {
            call->reply = answer->value;
            call->answered = true;
            pthread_cond_signal(&call->wake);
        }
}

// With the lock held: reads answers until one's own has come, then passes the buck.
static int hold_the_buck(struct handoff *client, struct call *own)
{
    int status = 0;
    client->polling = true;
    while (!own->answered && !status) {
        struct message answer;
        pthread_mutex_unlock(&client->lock);
        status = read_answer(client, &answer);
        pthread_mutex_lock(&client->lock);
        if (!status)
            deliver(client, &answer);
    }
    client->polling = false;
    for (struct call *call = client->calls; call; call = call->next)
        if (call != own && !call->answered) {
            pthread_cond_signal(&call->wake);
            break;
        }
    return status;
}

static void forget(struct handoff *client, struct call *own)
{
    struct call **link = &client->calls;
    while (*link != own)
        link = &(*link)->next;
    *link = own->next;
}

// The server's answer to a value; -1 if the connection failed. What callers show each other lies on
// the heap, as in libvirt: green threads of one thread take turns on its stack.
int64_t handoff_call(struct handoff *client, uint32_t value)
{
    struct call *own = calloc(1, sizeof *own);
    int status = 0;
    if (!own)
        return -1;
    pthread_cond_init(&own->wake, NULL);
    pthread_mutex_lock(&client->lock);
    own->serial = ++client->serial;
    own->next = client->calls;
    client->calls = own;
    struct message question = {own->serial, value};
    if (write(client->fd, &question, sizeof question) != (ssize_t)sizeof question)
        status = -1;
    while (!own->answered && !status) {
        if (client->polling)
            pthread_cond_wait(&own->wake, &client->lock);
        else
            status = hold_the_buck(client, own);
    }
    forget(client, own);
    pthread_mutex_unlock(&client->lock);
    int64_t result = status ? -1 : (int64_t)own->reply;
    pthread_cond_destroy(&own->wake);
    free(own);
    return result;
}
