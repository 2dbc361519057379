/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * qXfer:object:read:annex:offset,length. Source: the GDB manual, "General Query
 * Packets" for the packet, and "Thread List Format", "Library List Format" for
 * documents.
 *
 * A document that can change is made when the debugger reads its beginning, and
 * kept until the debugger begins the next one, so the pieces fit together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trapline/util.h>

#include "command.h"
#include "target_xml.h"

struct object {
	const char *name;
	/* True when the object is available. */
	bool (*offered)(const struct gdbstub *stub);
	/* Write the document; a negative errno: there is no document. */
	int (*make)(struct gdbstub *stub, const struct args *annex, FILE *out);
};

static bool offered_always(const struct gdbstub *stub)
{
	return true;
}

static bool offered_exec_file(const struct gdbstub *stub)
{
	return stub->services->exec_file;
}

static bool offered_libraries(const struct gdbstub *stub)
{
	return stub->services->libraries;
}

static bool offered_vmcoreinfo(const struct gdbstub *stub)
{
	return stub->services->vmcoreinfo;
}

static int make_features(struct gdbstub *stub, const struct args *annex,
			 FILE *out)
{
	if (!args_is(annex, "target.xml"))
		return -ENOENT;
	fwrite(stub->target_xml, 1, stub->target_xml_length, out);
	return 0;
}

static int make_threads(struct gdbstub *stub, const struct args *annex,
			FILE *out)
{
	const unsigned int *list;
	unsigned int nr = threads_other(stub, &list);
	char text[128];

	fprintf(out, "<?xml version=\"1.0\"?>\n<threads>\n");
	for (unsigned int i = 0; i < stub->target->nr_vcpus; i++) {
		fprintf(out, "<thread id=\"%x\" core=\"%u\" name=\"cpu%u\">",
			stub_thread(i), i, i);
		thread_describe(stub, i, text, sizeof(text));
		xml_text(out, text);
		fprintf(out, "</thread>\n");
	}
	for (unsigned int i = 0; i < nr; i++) {
		fprintf(out, "<thread id=\"%x\">", stub_thread(list[i]));
		thread_describe(stub, list[i], text, sizeof(text));
		xml_text(out, text);
		fprintf(out, "</thread>\n");
	}
	fprintf(out, "</threads>\n");
	return 0;
}

/* annex is a process id, or empty */
static int make_exec_file(struct gdbstub *stub, const struct args *annex,
			  FILE *out)
{
	const char *path = stub->services->exec_file(stub->opaque);

	if (!path)
		return stub_fail(stub, -ENOENT, "no kernel has been found yet");
	fputs(path, out);
	return 0;
}

static int make_libraries(struct gdbstub *stub, const struct args *annex,
			  FILE *out)
{
	return stub->services->libraries(stub->opaque, out);
}

static int make_vmcoreinfo(struct gdbstub *stub, const struct args *annex,
			   FILE *out)
{
	return stub->services->vmcoreinfo(stub->opaque, out);
}

static const struct object objects[] = {
	{ "features", offered_always, make_features },
	{ "threads", offered_always, make_threads },
	{ "exec-file", offered_exec_file, make_exec_file },
	{ "libraries", offered_libraries, make_libraries },
	{ "vmcoreinfo", offered_vmcoreinfo, make_vmcoreinfo },
};

void xfer_supported(struct gdbstub *stub)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		if (objects[i].offered(stub))
			reply_printf(&stub->reply, ";qXfer:%s:read+",
				     objects[i].name);
	}
}

void document_free(struct gdbstub *stub)
{
	free(stub->document.text);
	memset(&stub->document, 0, sizeof(stub->document));
}

static int document_make(struct gdbstub *stub, const struct object *object,
			 const struct args *annex)
{
	struct stub_document *document = &stub->document;
	FILE *out;
	int error;

	document_free(stub);
	out = open_memstream(&document->text, &document->length);
	if (!out)
		return -ENOMEM;
	error = object->make(stub, annex, out);
	if (fclose(out) && !error)
		error = -ENOMEM;
	if (error) {
		document_free(stub);
		return error;
	}
	document->object = object;
	return 0;
}

/*
 * Append 'm' and a piece, or 'l' and the last piece. The piece may be shorter
 * than length.
 */
static void piece(struct gdbstub *stub, uint64_t offset, uint64_t length)
{
	const struct stub_document *document = &stub->document;
	struct reply *reply = &stub->reply;
	size_t kind = reply->length, left, done;

	if (offset > document->length)
		offset = document->length;
	left = document->length - offset;
	reply_char(reply, 'l');
	done = reply_binary(reply, document->text + offset, min(left, length),
			    RSP_PACKET_SIZE);
	if (done < left)
		reply->data[kind] = 'm';
}

static const struct object *find(const struct gdbstub *stub,
				 const struct args *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		if (args_is(name, objects[i].name))
			return objects[i].offered(stub) ? &objects[i] : NULL;
	}
	return NULL;
}

int handle_xfer(struct gdbstub *stub, struct args *args)
{
	struct args name, verb, annex;
	const struct object *object;
	uint64_t offset, length;
	int error;

	if (!args_char(args, ':'))
		return -EINVAL;
	name = args_until(args, ':');
	object = find(stub, &name);
	if (!object)
		return STUB_EMPTY;
	verb = args_until(args, ':');
	if (!args_is(&verb, "read"))
		return STUB_EMPTY;
	annex = args_until(args, ':');
	if (!args_hex(args, &offset) || !args_char(args, ',') ||
	    !args_hex(args, &length) || !args_at_end(args) || !length)
		return -EINVAL;
	if (!offset || stub->document.object != object) {
		error = document_make(stub, object, &annex);
		if (error)
			return error;
	}
	piece(stub, offset, length);
	return STUB_BUILT;
}
