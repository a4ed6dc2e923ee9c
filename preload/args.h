/* SPDX-License-Identifier: MIT
 *
 * Argument lists from the table's (type, name) pairs: PARAMS(int, fd, size_t, n) is "int fd, size_t
 * n", ARGS(int, fd, size_t, n) is "fd, n". Up to eight pairs; a lone `void` is no
 * parameters.
 */
#ifndef SHUNT_ARGS_H
#define SHUNT_ARGS_H

#define ARGS_PICK(a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7, a8, b8, name, ...) name
#define ARGS_NAME(prefix, ...)                                                              \
    ARGS_PICK(__VA_ARGS__, prefix##8, , prefix##7, , prefix##6, , prefix##5, , prefix##4, , \
              prefix##3, , prefix##2, , prefix##1, prefix##0, )

#define PARAMS(...)         ARGS_NAME(PARAMS_, __VA_ARGS__)(__VA_ARGS__)
#define PARAMS_0(t)         t
#define PARAMS_1(t, a)      t a
#define PARAMS_2(t, a, ...) t a, PARAMS_1(__VA_ARGS__)
#define PARAMS_3(t, a, ...) t a, PARAMS_2(__VA_ARGS__)
#define PARAMS_4(t, a, ...) t a, PARAMS_3(__VA_ARGS__)
#define PARAMS_5(t, a, ...) t a, PARAMS_4(__VA_ARGS__)
#define PARAMS_6(t, a, ...) t a, PARAMS_5(__VA_ARGS__)
#define PARAMS_7(t, a, ...) t a, PARAMS_6(__VA_ARGS__)
#define PARAMS_8(t, a, ...) t a, PARAMS_7(__VA_ARGS__)

#define ARGS(...) ARGS_NAME(ARGS_, __VA_ARGS__)(__VA_ARGS__)
#define ARGS_0(t)
#define ARGS_1(t, a)      a
#define ARGS_2(t, a, ...) a, ARGS_1(__VA_ARGS__)
#define ARGS_3(t, a, ...) a, ARGS_2(__VA_ARGS__)
#define ARGS_4(t, a, ...) a, ARGS_3(__VA_ARGS__)
#define ARGS_5(t, a, ...) a, ARGS_4(__VA_ARGS__)
#define ARGS_6(t, a, ...) a, ARGS_5(__VA_ARGS__)
#define ARGS_7(t, a, ...) a, ARGS_6(__VA_ARGS__)
#define ARGS_8(t, a, ...) a, ARGS_7(__VA_ARGS__)

/* The same behind other parameters, and behind other arguments. */
#define PARAMS_MORE(...) ARGS_NAME(PARAMS_MORE_, __VA_ARGS__)(__VA_ARGS__)
#define PARAMS_MORE_0(t)
#define PARAMS_MORE_1(t, a)      , t a
#define PARAMS_MORE_2(t, a, ...) , t a PARAMS_MORE_1(__VA_ARGS__)
#define PARAMS_MORE_3(t, a, ...) , t a PARAMS_MORE_2(__VA_ARGS__)
#define PARAMS_MORE_4(t, a, ...) , t a PARAMS_MORE_3(__VA_ARGS__)
#define PARAMS_MORE_5(t, a, ...) , t a PARAMS_MORE_4(__VA_ARGS__)
#define PARAMS_MORE_6(t, a, ...) , t a PARAMS_MORE_5(__VA_ARGS__)
#define PARAMS_MORE_7(t, a, ...) , t a PARAMS_MORE_6(__VA_ARGS__)
#define PARAMS_MORE_8(t, a, ...) , t a PARAMS_MORE_7(__VA_ARGS__)

#define ARGS_MORE(...) ARGS_NAME(ARGS_MORE_, __VA_ARGS__)(__VA_ARGS__)
#define ARGS_MORE_0(t)
#define ARGS_MORE_1(t, a)      , a
#define ARGS_MORE_2(t, a, ...) , a ARGS_MORE_1(__VA_ARGS__)
#define ARGS_MORE_3(t, a, ...) , a ARGS_MORE_2(__VA_ARGS__)
#define ARGS_MORE_4(t, a, ...) , a ARGS_MORE_3(__VA_ARGS__)
#define ARGS_MORE_5(t, a, ...) , a ARGS_MORE_4(__VA_ARGS__)
#define ARGS_MORE_6(t, a, ...) , a ARGS_MORE_5(__VA_ARGS__)
#define ARGS_MORE_7(t, a, ...) , a ARGS_MORE_6(__VA_ARGS__)
#define ARGS_MORE_8(t, a, ...) , a ARGS_MORE_7(__VA_ARGS__)

/* A frame: one field an argument, of the type that a parameter of that type has; what each is set
 * to; and what it is read as from `f`. */
#define FIELD(t, a) __typeof__(((void)0, *(t *)0)) a;
#define FIELDS(...) ARGS_NAME(FIELDS_, __VA_ARGS__)(__VA_ARGS__)
#define FIELDS_0(t)
#define FIELDS_1(t, a)      FIELD(t, a)
#define FIELDS_2(t, a, ...) FIELD(t, a) FIELDS_1(__VA_ARGS__)
#define FIELDS_3(t, a, ...) FIELD(t, a) FIELDS_2(__VA_ARGS__)
#define FIELDS_4(t, a, ...) FIELD(t, a) FIELDS_3(__VA_ARGS__)
#define FIELDS_5(t, a, ...) FIELD(t, a) FIELDS_4(__VA_ARGS__)
#define FIELDS_6(t, a, ...) FIELD(t, a) FIELDS_5(__VA_ARGS__)
#define FIELDS_7(t, a, ...) FIELD(t, a) FIELDS_6(__VA_ARGS__)
#define FIELDS_8(t, a, ...) FIELD(t, a) FIELDS_7(__VA_ARGS__)

#define FIELD_VALUES(...) ARGS_NAME(FIELD_VALUES_, __VA_ARGS__)(__VA_ARGS__)
#define FIELD_VALUES_0(t)
#define FIELD_VALUES_1(t, a)      .a = a
#define FIELD_VALUES_2(t, a, ...) .a = a, FIELD_VALUES_1(__VA_ARGS__)
#define FIELD_VALUES_3(t, a, ...) .a = a, FIELD_VALUES_2(__VA_ARGS__)
#define FIELD_VALUES_4(t, a, ...) .a = a, FIELD_VALUES_3(__VA_ARGS__)
#define FIELD_VALUES_5(t, a, ...) .a = a, FIELD_VALUES_4(__VA_ARGS__)
#define FIELD_VALUES_6(t, a, ...) .a = a, FIELD_VALUES_5(__VA_ARGS__)
#define FIELD_VALUES_7(t, a, ...) .a = a, FIELD_VALUES_6(__VA_ARGS__)
#define FIELD_VALUES_8(t, a, ...) .a = a, FIELD_VALUES_7(__VA_ARGS__)

#define FIELD_ARGS(...) ARGS_NAME(FIELD_ARGS_, __VA_ARGS__)(__VA_ARGS__)
#define FIELD_ARGS_0(t)
#define FIELD_ARGS_1(t, a)      f->a
#define FIELD_ARGS_2(t, a, ...) f->a, FIELD_ARGS_1(__VA_ARGS__)
#define FIELD_ARGS_3(t, a, ...) f->a, FIELD_ARGS_2(__VA_ARGS__)
#define FIELD_ARGS_4(t, a, ...) f->a, FIELD_ARGS_3(__VA_ARGS__)
#define FIELD_ARGS_5(t, a, ...) f->a, FIELD_ARGS_4(__VA_ARGS__)
#define FIELD_ARGS_6(t, a, ...) f->a, FIELD_ARGS_5(__VA_ARGS__)
#define FIELD_ARGS_7(t, a, ...) f->a, FIELD_ARGS_6(__VA_ARGS__)
#define FIELD_ARGS_8(t, a, ...) f->a, FIELD_ARGS_7(__VA_ARGS__)

/* Every argument as a word, 0 for one that is none; and a word whose bit i says that argument i is
 * a `const char *`. */
#define ARG_LONG(a)        (long)__builtin_choose_expr(IS_AGGREGATE(a), 0, a)
#define IS_AGGREGATE(a)    (__builtin_classify_type(a) >= 12) /* a struct or a union */
#define LONGS(...)         ARGS_NAME(LONGS_, __VA_ARGS__)(__VA_ARGS__)
#define LONGS_0(t)         0
#define LONGS_1(t, a)      ARG_LONG(a)
#define LONGS_2(t, a, ...) ARG_LONG(a), LONGS_1(__VA_ARGS__)
#define LONGS_3(t, a, ...) ARG_LONG(a), LONGS_2(__VA_ARGS__)
#define LONGS_4(t, a, ...) ARG_LONG(a), LONGS_3(__VA_ARGS__)
#define LONGS_5(t, a, ...) ARG_LONG(a), LONGS_4(__VA_ARGS__)
#define LONGS_6(t, a, ...) ARG_LONG(a), LONGS_5(__VA_ARGS__)
#define LONGS_7(t, a, ...) ARG_LONG(a), LONGS_6(__VA_ARGS__)
#define LONGS_8(t, a, ...) ARG_LONG(a), LONGS_7(__VA_ARGS__)

#define IS_TEXT(a)         (uint32_t) __builtin_types_compatible_p(__typeof__(a), const char *)
#define TEXTS(...)         ARGS_NAME(TEXTS_, __VA_ARGS__)(__VA_ARGS__)
#define TEXTS_0(t)         0u
#define TEXTS_1(t, a)      IS_TEXT(a)
#define TEXTS_2(t, a, ...) (IS_TEXT(a) | TEXTS_1(__VA_ARGS__) << 1)
#define TEXTS_3(t, a, ...) (IS_TEXT(a) | TEXTS_2(__VA_ARGS__) << 1)
#define TEXTS_4(t, a, ...) (IS_TEXT(a) | TEXTS_3(__VA_ARGS__) << 1)
#define TEXTS_5(t, a, ...) (IS_TEXT(a) | TEXTS_4(__VA_ARGS__) << 1)
#define TEXTS_6(t, a, ...) (IS_TEXT(a) | TEXTS_5(__VA_ARGS__) << 1)
#define TEXTS_7(t, a, ...) (IS_TEXT(a) | TEXTS_6(__VA_ARGS__) << 1)
#define TEXTS_8(t, a, ...) (IS_TEXT(a) | TEXTS_7(__VA_ARGS__) << 1)

/* Where each argument lies in a frame of `frame_`'s type; and a word whose bit i says that argument
 * i is a pointer. */
#define PLACE(a)            __builtin_offsetof(__typeof__(frame_), a),
#define PLACES(...)         ARGS_NAME(PLACES_, __VA_ARGS__)(__VA_ARGS__)
#define PLACES_0(t)         0
#define PLACES_1(t, a)      PLACE(a)
#define PLACES_2(t, a, ...) PLACE(a) PLACES_1(__VA_ARGS__)
#define PLACES_3(t, a, ...) PLACE(a) PLACES_2(__VA_ARGS__)
#define PLACES_4(t, a, ...) PLACE(a) PLACES_3(__VA_ARGS__)
#define PLACES_5(t, a, ...) PLACE(a) PLACES_4(__VA_ARGS__)
#define PLACES_6(t, a, ...) PLACE(a) PLACES_5(__VA_ARGS__)
#define PLACES_7(t, a, ...) PLACE(a) PLACES_6(__VA_ARGS__)
#define PLACES_8(t, a, ...) PLACE(a) PLACES_7(__VA_ARGS__)

#define IS_POINTER(a)         (uint32_t)(__builtin_classify_type(a) == 5)
#define POINTERS(...)         ARGS_NAME(POINTERS_, __VA_ARGS__)(__VA_ARGS__)
#define POINTERS_0(t)         0u
#define POINTERS_1(t, a)      IS_POINTER(a)
#define POINTERS_2(t, a, ...) (IS_POINTER(a) | POINTERS_1(__VA_ARGS__) << 1)
#define POINTERS_3(t, a, ...) (IS_POINTER(a) | POINTERS_2(__VA_ARGS__) << 1)
#define POINTERS_4(t, a, ...) (IS_POINTER(a) | POINTERS_3(__VA_ARGS__) << 1)
#define POINTERS_5(t, a, ...) (IS_POINTER(a) | POINTERS_4(__VA_ARGS__) << 1)
#define POINTERS_6(t, a, ...) (IS_POINTER(a) | POINTERS_5(__VA_ARGS__) << 1)
#define POINTERS_7(t, a, ...) (IS_POINTER(a) | POINTERS_6(__VA_ARGS__) << 1)
#define POINTERS_8(t, a, ...) (IS_POINTER(a) | POINTERS_7(__VA_ARGS__) << 1)

#endif
