/* SPDX-License-Identifier: MIT
 *
 * The program closes everything from 3 up and then owns 3 and 4 itself. Nothing of ours may write
 * to, read from or close them, when calls block, new chains are learnt and threads start.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "truth.h"

#define ROUNDS 100

static void *echo(void *arg)
{
    char text[8];
    for (int i = 0; i < ROUNDS; i++) {
        truth_check(read(4, text, 6) == 6);
        usleep(i % 10 ? 0 : 300);
        truth_check(write(4, text, 6) == 6);
    }
    return arg;
}

static void ask(int number)
{
    char question[8] = "";
    char answer[8] = "";
    struct pollfd ready = {.fd = 3, .events = POLLIN};
    snprintf(question, sizeof question, "%06d", number);
    truth_check(send(3, question, 6, 0) == 6);
    truth_check(poll(&ready, 1, -1) == 1);
    truth_check(recv(3, answer, sizeof answer, 0) == 6);
    truth_check(!strcmp(question, answer));
}

int main(void)
{
    int ends[2] = {-1, -1};
    char byte;
    pthread_t thread;
    closefrom(3);
    truth_check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    printf("sockets %d and %d\n", ends[0], ends[1]);
    truth_check(pthread_create(&thread, NULL, echo, NULL) == 0);
    for (int i = 0; i < ROUNDS; i++)
        ask(i);
    pthread_join(thread, NULL);
    truth_check(recv(3, &byte, 1, MSG_DONTWAIT) == -1 && recv(4, &byte, 1, MSG_DONTWAIT) == -1);
    truth_check(dup(0) == 5);
    truth_expect("calls send == %d", ROUNDS);
    truth_expect("calls read == %d", ROUNDS);
    truth_expect("calls poll == %d", ROUNDS);
    return 0;
}
