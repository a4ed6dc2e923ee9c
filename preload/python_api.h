/* SPDX-License-Identifier: MIT
 *
 * The functions of CPython that a green runtime of Python needs, by their types: shunt has no
 * headers of Python's, and looks the functions up in the interpreter that is in the process. All of
 * them are exported by CPython 3.8 to 3.13. Objects are `void *`; what a function says of
 * references and of the interpreter lock is in Python's C API reference.
 */
#ifndef SHUNT_PYTHON_API_H
#define SHUNT_PYTHON_API_H

/* F(name, result, parameters) */
#define PYTHON_FUNCTIONS(F)                                        \
    F(Py_CompileString, void *, (const char *, const char *, int)) \
    F(Py_DecRef, void, (void *))                                   \
    F(Py_IncRef, void, (void *))                                   \
    F(PyCFunction_GetFunction, void *, (void *))                   \
    F(PyDict_GetItemString, void *, (void *, const char *))        \
    F(PyDict_New, void *, (void))                                  \
    F(PyDict_SetItemString, int, (void *, const char *, void *))   \
    F(PyDict_Size, long, (void *))                                 \
    F(PyErr_Clear, void, (void))                                   \
    F(PyErr_Fetch, void, (void **, void **, void **))              \
    F(PyErr_NormalizeException, void, (void **, void **, void **)) \
    F(PyErr_Restore, void, (void *, void *, void *))               \
    F(PyEval_EvalCode, void *, (void *, void *, void *))           \
    F(PyEval_GetBuiltins, void *, (void))                          \
    F(PyEval_RestoreThread, void, (void *))                        \
    F(PyEval_SaveThread, void *, (void))                           \
    F(PyImport_GetModuleDict, void *, (void))                      \
    F(PyLong_AsLong, long, (void *))                               \
    F(PyObject_CallFunction, void *, (void *, const char *, ...))  \
    F(PyObject_GetAttrString, void *, (void *, const char *))      \
    F(PyThread_get_thread_ident, unsigned long, (void))            \
    F(PyThreadState_SetAsyncExc, int, (unsigned long, void *))     \
    F(PyTuple_GetItem, void *, (void *, long))

#define PYTHON_FUNCTION(name, result, parameters) result(*name) parameters;
struct python_api {
    PYTHON_FUNCTIONS(PYTHON_FUNCTION)
    /* Whose turn it is: with the lock held the calling thread's state. By either name. */
    void *(*current)(void);
    void *none;
};
#undef PYTHON_FUNCTION

extern struct python_api python_api __attribute__((visibility("hidden")));

/* 1 when the interpreter (python_layout.h) was found and has all of them. Any thread; looks them up
 * once. */
int python_api_ready(void);

#endif
