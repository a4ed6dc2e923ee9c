#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prepare.bash DIR: what the programs of the sweep read, the same on every machine.
set -euo pipefail
cd "$1"

awk 'BEGIN { n = split("river stone lamp quiet table green seven window paper north", w, " ")
  seed = 7
  for (i = 1; i <= 240; i++) {
    line = ""
    for (j = 0; j < 3 + i % 9; j++) {
      seed = (seed * 1103515245 + 12345) % 2147483648
      line = line (j ? " " : "") w[1 + seed % n]
    }
    print line (i % 5 ? "" : ".")
  }
}' >text.txt
awk 'BEGIN { seed = 3; for (i = 0; i < 500; i++) {
  seed = (seed * 1103515245 + 12345) % 2147483648; print seed % 100000 } }' >numbers.txt
tr ' .' '\n\n' <text.txt | sed '/^$/d' | sort -u >words.txt
awk 'BEGIN { print "id,name,town,sum"
  for (i = 1; i <= 60; i++) printf "%d,name%d,town%d,%d\n", i, i * 7 % 31, i % 4, i * i % 97 }' >people.csv
sed 's/stone/STONE/; 17d; 40a an inserted line' text.txt >other.txt
sed 's/river/brook/; 90d' text.txt >third.txt
diff -u --label text.txt --label text.txt text.txt other.txt >change.patch || true
head -c 65536 /dev/zero | tr '\0' 'z' >zeros.bin
printf 'a b\na c\nb d\nc d\nd e\n' >pairs.txt
printf 'one\ttwo\tthree\n1\t22\t333\n' >tabs.txt
printf 'caf\xc3\xa9 na\xc3\xafve\r\nsecond\r\n' >crlf.txt

cat >data.json <<'X'
{"title": "sweep", "items": [{"id": 3, "tags": ["a", "b"]}, {"id": 1, "tags": []}], "ok": true}
X
cat >doc.xml <<'X'
<?xml version="1.0"?>
<list><item n="2">two</item><item n="1">one</item></list>
X
cat >style.xsl <<'X'
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="/"><xsl:for-each select="list/item"><xsl:sort select="@n"/><xsl:value-of
select="."/>;</xsl:for-each></xsl:template>
</xsl:stylesheet>
X
cat >page.html <<'X'
<html><head><title>A page</title></head><body><h1>Head</h1><p>Some <b>bold</b> text.</p></body></html>
X
printf '# Head\n\n- one\n- two\n\nSome *text*.\n' >page.md
printf '.TH TEST 1\n.SH NAME\ntest \\- a page\n.SH TEXT\n.B bold\nand plain.\n' >page.1
printf 'P2\n8 8\n255\n%s\n' "$(seq -s ' ' 0 4 252)" >image.pgm
printf 'digraph g { a -> b; b -> c; a -> c; }\n' >graph.dot
printf '%%!PS\n/Helvetica findfont 12 scalefont setfont 72 72 moveto (text) show showpage\n' >page.ps
cat >query.sql <<'X'
create table t(a integer primary key, b text);
insert into t(b) values('x'),('y'),('z');
select count(*), max(b) from t;
X
cat >hello.c <<'X'
#include <stdio.h>
int twice(int n);
int main(void)
{
    printf("hello %d\n", twice(21));
    return 0;
}
X
printf 'int twice(int n)\n{\n    return 2 * n;\n}\n' >twice.c
printf 'hello: hello.o twice.o\n\tcc -o $@ $^\n%%.o: %%.c\n\tcc -c -o $@ $<\n' >Makefile
printf 'global f\nf:\n  mov eax, 1\n  ret\n' >code.asm
cat >calc.y <<'X'
%{
int yylex(void);
void yyerror(const char *s);
%}
%token NUMBER
%%
sum: NUMBER | sum '+' NUMBER;
%%
X
printf '%%option noyywrap\n%%%%\n[0-9]+ { printf("<%%s>", yytext); }\n%%%%\nint main(void) { return yylex(); }\n' >scan.l

mkdir -p tree/one/two tree/three
echo a >tree/a
echo b >tree/one/b
echo b >tree/one/two/c
ln -s ../a tree/one/link
cc -c -g hello.c twice.c
cc -o hello hello.o twice.o
ar rcD libtwice.a twice.o
tar --sort=name --owner=0 --group=0 --mtime=@1000000000 -cf tree.tar tree
gzip -nk numbers.txt
bzip2 -k words.txt
xz -k people.csv
zstd -q text.txt
lz4 -q text.txt text.txt.lz4
(cd tree && zip -qX -r ../tree.zip .)
find . -exec touch -hd @1000000000 {} +
