// Prints the CustomResourceDefinitions of KubeVirt that a virtual machine needs, as one YAML stream. The package `components` is two files
// of KubeVirt's own, which tools/setup/kubevirt.cjs copies out of its module: the rest of that package would be half of KubeVirt to compile.
package main

import (
	"fmt"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"tools.local/kubevirt/components"
)

func main() {
	for _, crd := range []func() (*extv1.CustomResourceDefinition, error){
		components.NewVirtualMachineCrd,
		components.NewVirtualMachineInstanceCrd,
		components.NewVirtualMachineInstancetypeCrd,
		components.NewVirtualMachineClusterInstancetypeCrd,
		components.NewVirtualMachinePreferenceCrd,
		components.NewVirtualMachineClusterPreferenceCrd,
	} {
		made, err := crd()
		if err != nil {
			panic(err)
		}
		text, err := yaml.Marshal(made)
		if err != nil {
			panic(err)
		}
		fmt.Printf("---\n%s", text)
	}
}
