package io.virtuoso.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names in virtuoso_abi.h, found by reading its text: what a complete probe has to print. */
final class AbiHeader {
    static final Path INCLUDE = Path.of("src/main/c/include");
    static final Path FILE = INCLUDE.resolve("virtuoso_abi.h");

    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern DEFINE = Pattern.compile("^#define[ \\t]+(VT_\\w+)[ \\t]+\\S", Pattern.MULTILINE);
    private static final Pattern ENUM = Pattern.compile("enum\\s+\\w+\\s*\\{([^}]*)}");
    private static final Pattern ENUMERATOR = Pattern.compile("(\\w+)\\s*(?:=[^,]*)?(?:,|$)");
    private static final Pattern STRUCT = Pattern.compile("struct\\s+(\\w+)\\s*\\{([^}]*)}");
    private static final Pattern MEMBER = Pattern.compile("\\w+\\s+(\\w+)\\s*(?:\\[[^]]*])?\\s*;");

    private AbiHeader() {}

    /** "const NAME", "struct NAME" and "member STRUCT NAME" for everything the header declares. */
    static Set<String> names() throws IOException {
        String text = COMMENT.matcher(Files.readString(FILE)).replaceAll(" ");
        Set<String> names = new TreeSet<>();
        collect(DEFINE.matcher(text), "const ", names);
        Matcher enums = ENUM.matcher(text);
        while (enums.find()) {
            collect(ENUMERATOR.matcher(enums.group(1).strip()), "const ", names);
        }
        Matcher structs = STRUCT.matcher(text);
        while (structs.find()) {
            names.add("struct " + structs.group(1));
            collect(MEMBER.matcher(structs.group(2)), "member " + structs.group(1) + " ", names);
        }
        return names;
    }

    private static void collect(Matcher matcher, String prefix, Set<String> names) {
        while (matcher.find()) {
            names.add(prefix + matcher.group(1));
        }
    }
}
