// SPDX-License-Identifier: Apache-2.0
#include "models/recompute.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace weft {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Part = std::function<Tensor(const Tensor&)>;

struct PartHolder : torch::CustomClassHolder {
  explicit PartHolder(Part p) : part(std::move(p)) {}
  Part part;
};

struct Recompute : torch::autograd::Function<Recompute> {
  // inputs: x, then the parameters.
  static Tensor forward(AutogradContext* context, const Part& part, at::TensorList inputs) {
    context->saved_data["part"] = c10::IValue::make_capsule(c10::make_intrusive<PartHolder>(part));
    context->save_for_backward(inputs.vec());
    return part(inputs[0]);
  }

  static variable_list backward(AutogradContext* context, const variable_list& output_gradients) {
    const auto holder = context->saved_data["part"].toCapsule();
    const Part& part = static_cast<PartHolder*>(holder.get())->part;
    variable_list inputs = context->get_saved_variables();
    at::AutoGradMode with_grad(true);
    const bool wants_x = inputs[0].requires_grad();
    inputs[0] = inputs[0].detach().requires_grad_(wants_x);
    const Tensor y = part(inputs[0]);
    variable_list wanted;
    for (const Tensor& input : inputs)
      if (input.requires_grad()) wanted.push_back(input);
    const variable_list found = torch::autograd::grad({y}, wanted, output_gradients, /*retain_graph=*/false,
                                                      /*create_graph=*/false, /*allow_unused=*/true);
    variable_list gradients = {Tensor()};  // of `part`
    auto next = found.begin();
    for (const Tensor& input : inputs) gradients.push_back(input.requires_grad() ? *next++ : Tensor());
    return gradients;
  }
};

}  // namespace

Tensor recomputed(const Part& part, const Tensor& x, const std::vector<Parameter*>& parameters) {
  if (!at::GradMode::is_enabled()) return part(x);
  variable_list inputs = {x};
  for (const Parameter* parameter : parameters) inputs.push_back(parameter->use());
  return Recompute::apply(part, at::TensorList(inputs));  // a vector would not be seen as tensors
}

}  // namespace weft
