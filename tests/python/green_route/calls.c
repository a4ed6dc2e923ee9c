/* SPDX-License-Identifier: MIT
 *
 * What extension modules do around a blocking call. CPython's functions are those of the process.
 */
#include <poll.h>
#include <unistd.h>

extern void *PyExc_KeyError;
void PyErr_SetNone(void *type);
int PyErr_ExceptionMatches(void *type);
void *PyErr_Occurred(void);
void PyErr_Clear(void);
void *PyObject_CallObject(void *callable, void *arguments);
void Py_DecRef(void *object);
void *PyEval_SaveThread(void);
void PyEval_RestoreThread(void *state);

void once(unsigned microseconds);
void twice(unsigned microseconds);
int pending(unsigned microseconds);
int unlooked(unsigned microseconds, void *callable);
int readable(int fd, int milliseconds);
void with_callback(unsigned microseconds, void (*callback)(void));

void once(unsigned microseconds)
{
    usleep(microseconds);
}

void twice(unsigned microseconds)
{
    usleep(microseconds);
    usleep(microseconds);
}

/* With the interpreter lock held: an exception is pending while the lock is given away. 1: it still
 * is afterwards. */
int pending(unsigned microseconds)
{
    PyErr_SetNone(PyExc_KeyError);
    void *state = PyEval_SaveThread();
    usleep(microseconds);
    PyEval_RestoreThread(state);
    int kept = PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_KeyError);
    PyErr_Clear();
    return kept;
}

/* With the interpreter lock held: a call back into Python, whose exception is ended without a look.
 * 1: there was one. */
int unlooked(unsigned microseconds, void *callable)
{
    void *state = PyEval_SaveThread();
    usleep(microseconds);
    PyEval_RestoreThread(state);
    void *result = PyObject_CallObject(callable, 0);
    PyErr_Clear();
    if (result)
        Py_DecRef(result);
    return !result;
}

int readable(int fd, int milliseconds)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, milliseconds) == 1 ? one.revents : 0;
}

void with_callback(unsigned microseconds, void (*callback)(void))
{
    usleep(microseconds);
    callback();
    usleep(microseconds);
}
