package io.virtuoso.host.fuzz;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodBuilder;
import java.lang.classfile.MethodElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts a call of {@link EdgeCounts#hit} at the beginning of each method, on both ways of each conditional branch, at each
 * case of a switch and at each exception handler.
 */
final class EdgeInstrumentation {
    private static final ClassDesc COUNTS = ClassDesc.of(EdgeCounts.class.getName());
    private static final MethodTypeDesc HIT = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);

    private EdgeInstrumentation() {}

    /** @return the class file with counters */
    static byte[] instrument(byte[] classFile) {
        ClassFile tool = ClassFile.of(ClassFile.DebugElementsOption.DROP_DEBUG);
        ClassModel model = tool.parse(classFile);
        return tool.transformClass(model, ClassTransform.transformingMethods(EdgeInstrumentation::transform));
    }

    private static void transform(MethodBuilder builder, MethodElement element) {
        if (element instanceof CodeModel code) {
            builder.transformCode(code, counting(code));
        } else {
            builder.with(element);
        }
    }

    private static CodeTransform counting(CodeModel code) {
        Set<Label> targets = targets(code);
        return new CodeTransform() {
            @Override
            public void atStart(CodeBuilder builder) {
                hit(builder);
            }

            @Override
            public void accept(CodeBuilder builder, CodeElement element) {
                switch (element) {
                    case BranchInstruction branch when isConditional(branch.opcode()) -> branch(builder, branch);
                    case LabelTarget target
                    when targets.contains(target.label()) -> {
                        builder.with(element);
                        hit(builder);
                    }
                    default -> builder.with(element);
                }
            }
        };
    }

    private static Set<Label> targets(CodeModel code) {
        Set<Label> targets = new HashSet<>();
        for (CodeElement element : code) {
            switch (element) {
                case TableSwitchInstruction table -> add(targets, table.cases(), table.defaultTarget());
                case LookupSwitchInstruction lookup -> add(targets, lookup.cases(), lookup.defaultTarget());
                case ExceptionCatch handler -> targets.add(handler.handler());
                default -> {}
            }
        }
        return targets;
    }

    private static void add(Set<Label> targets, List<SwitchCase> cases, Label otherwise) {
        cases.forEach(one -> targets.add(one.target()));
        targets.add(otherwise);
    }

    private static boolean isConditional(Opcode opcode) {
        return opcode != Opcode.GOTO && opcode != Opcode.GOTO_W;
    }

    private static void branch(CodeBuilder builder, BranchInstruction branch) {
        Label taken = builder.newLabel();
        Label next = builder.newLabel();
        builder.branch(branch.opcode(), taken);
        hit(builder);
        builder.goto_(next);
        builder.labelBinding(taken);
        hit(builder);
        builder.goto_(branch.target());
        builder.labelBinding(next);
    }

    private static void hit(CodeBuilder builder) {
        builder.loadConstant(EdgeCounts.newEdge()).invokestatic(COUNTS, "hit", HIT);
    }
}
